from __future__ import annotations

import contextlib
import io
import subprocess
from pathlib import Path
from typing import TextIO

import pytest

from rie.console import colours, paint, say, stderr_descriptor


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_colours_unless_no_color_is_set() -> None:
    assert colours(Terminal(), {})
    assert colours(Terminal(), {"NO_COLOR": ""})  # empty counts as unset
    assert not colours(Terminal(), {"NO_COLOR": "1"})


def test_a_file_has_no_colours() -> None:
    assert not colours(io.StringIO(), {})


def test_paint_changes_nothing_when_colours_are_off() -> None:
    assert paint("text", "bold", enabled=False) == "text"
    assert paint("text", "bold", enabled=True) == "\033[1mtext\033[0m"


def test_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("working …")
    assert capsys.readouterr() == ("", "working …\n")


def test_a_started_program_prints_where_stderr_leads(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w") as stream, contextlib.redirect_stderr(stream):
        assert stderr_descriptor() == stream.fileno()


@pytest.mark.parametrize("stream", [io.StringIO(), io.TextIOWrapper(io.BytesIO()), None])
def test_without_a_descriptor_it_prints_to_the_process_s_own_stderr(
    stream: TextIO | None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    subprocess.run(["echo", "fetching"], stdout=stderr_descriptor(), check=True)
    assert capfd.readouterr() == ("", "fetching\n")
