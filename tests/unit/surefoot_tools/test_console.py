from __future__ import annotations

import io

import pytest

from surefoot_tools import console
from surefoot_tools.console import UserError

HOSTILE = "a\x1b[2Jb\x07\u202e\x9b31m\r"


def test_printable_leaves_nothing_that_controls_a_terminal() -> None:
    assert console.printable(HOSTILE) == r"a\x1b[2Jb\x07\u202e\x9b31m\r"
    assert console.printable("Größe 漢字") == "Größe 漢字"
    assert console.printable("a\nb") == r"a\nb"
    assert console.printable_lines(f"a\n{HOSTILE}\nb").split("\n")[::2] == ["a", "b"]


def test_errors_and_progress_go_to_stderr_with_the_command_and_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.log("seal", f"reading {HOSTILE}")
    code = console.report_error("doctor", UserError(f"no {HOSTILE}", f"name\n{HOSTILE}", 3))
    out, err = capsys.readouterr()
    assert (code, out) == (3, "")
    assert err.splitlines()[0].startswith("surefoot seal: reading a\\x1b")
    assert err.splitlines()[1].startswith("surefoot doctor: error: no a\\x1b")
    assert err.splitlines()[2] == "  remedy: name"
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1 << 20, "1.0 MiB"), (3 << 29, "1536.0 MiB")],
)
def test_sizes_are_in_powers_of_1024(count: int, text: str) -> None:
    assert console.format_size(count) == text


def test_numbers_and_names_are_written_out() -> None:
    assert [console.pluralize(n, "file") for n in (0, 1, 2000)] == [
        "0 files",
        "1 file",
        "2,000 files",
    ]
    assert console.join_names(["a", "b"]) == "a, b"
    assert console.join_names(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_lines_are_wrapped_between_words_and_cut_to_a_width() -> None:
    assert console.wrap("aaaa " * 7, 24) == ["aaaa aaaa aaaa aaaa aaaa", "aaaa aaaa"]
    assert console.wrap("x" * 50, 10) == ["x" * 50]
    assert (console.cut("abcdef", 4), console.cut("abc", 4)) == ("abc…", "abc")


def test_colours_need_a_terminal_and_end_with_no_color() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert console.wants_colours(Terminal(), {})
    assert not console.wants_colours(Terminal(), {"NO_COLOR": "1"})
    assert not console.wants_colours(io.StringIO(), {})
    assert console.painter(colours=True)("x", "error") == "\x1b[31mx\x1b[0m"
    assert console.painter(colours=False)("x", "error") == "x"


def test_the_width_is_the_terminals_and_at_most_120(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, width in (("80", 80), ("300", 120)):
        monkeypatch.setenv("COLUMNS", columns)
        assert console.line_width({"COLUMNS": columns}) == width
