"""What reaches the terminal: styles, streams, tables, sizes."""

from __future__ import annotations

import io

import pytest

from rie import console
from rie.errors import UserError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


XTERM = {"TERM": "xterm"}


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (Terminal(), XTERM, "\033[1mtext\033[0m"),
        (Terminal(), {**XTERM, "NO_COLOR": ""}, "\033[1mtext\033[0m"),  # empty counts as unset
        (io.StringIO(), XTERM, "text"),
    ],
)
def test_text_is_styled_on_a_terminal_only(
    stream: io.StringIO, environ: dict[str, str], expected: str
) -> None:
    assert console.make_styler(stream, environ)("text", "bold") == expected


def test_no_color_removes_colours() -> None:
    styled = console.make_styler(Terminal(), {**XTERM, "NO_COLOR": "1"})("text", "red")
    assert "\033[31m" not in styled
    assert "text" in styled


def test_progress_goes_to_stderr_and_results_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_progress("working …")
    console.print_result("done")
    assert capsys.readouterr() == ("done\n", "working …\n")


def test_progress_and_errors_lose_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_progress("\033[2Ja\033]0;title\007b\x9b31mc\rd\te")
    console.print_error(UserError("no\033[8m\x07 stack", "re\u202epeat"))
    assert capsys.readouterr().err == "abc\nd\te\nerror: no stack\n  remedy: repeat\n"


def test_a_result_keeps_its_bytes_in_a_pipe_and_not_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    console.print_result("\033[31mred")
    assert capsys.readouterr().out == "\033[31mred\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    console.print_result("\033[31mred")
    assert capsys.readouterr().out == "red\n"


def test_a_table_in_a_file_is_never_cut_or_wrapped() -> None:
    text = console.format_table(["a", "b"], [("x" * 300, "y"), (None, "z\033[31m")], io.StringIO())
    lines = text.splitlines()
    assert lines[0].split() == ["a", "b"]
    assert lines[2].split() == ["x" * 300, "y"]
    assert lines[3].split() == ["-", "z"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (12_000_000, "12.0 MB"), (3 * 10**9, "3.00 GB")],
)
def test_sizes_are_shortened(count: int, text: str) -> None:
    assert console.format_size(count) == text


@pytest.mark.parametrize(
    ("typed", "confirmed"), [("y", True), ("YES", True), ("", False), ("no", False)]
)
def test_only_y_and_yes_confirm(
    typed: str,
    confirmed: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    assert console.confirm("Delete?", yes=False) is confirmed
    assert capsys.readouterr().err == "Delete? [y/N] "


def test_a_confirmation_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UserError, match="stdin is not a terminal"):
        console.require_interactive(yes=False)
    console.require_interactive(yes=True)


def test_programs_get_a_descriptor_where_stderr_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert console.get_stderr_fd() == 2
