from __future__ import annotations

import io

import pytest

from rie.console import colours, paint, print_progress


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
    print_progress("working …")
    assert capsys.readouterr() == ("", "working …\n")
