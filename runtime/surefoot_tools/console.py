"""What the ``surefoot`` command writes to a terminal, and the error that every subcommand reports.

Results go to stdout, progress and errors to stderr. Text from outside (file names, an image's
configuration, a function's output) may hold control characters that move the cursor or hide lines,
so everything written here passes ``printable`` or ``printable_lines``.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

_MAX_WIDTH = 120  # columns; longer lines are hard to read
_MIN_WIDTH = 20
_NAMES_SHOWN = 5
_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
    "error": "31",
    "warning": "33",
    "note": "36",
    "hint": "36",
    "info": "2",
}

Paint = Callable[[str, str], str]


class UserError(Exception):
    """A failure that the user can correct: ``reason`` says what is wrong, ``remedy`` what to do."""

    def __init__(self, reason: str, remedy: str, exit_code: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.reason}\n  remedy: {self.remedy}"


def log(command: str, text: str) -> None:
    """Write progress, a warning or an error of a subcommand to stderr."""
    print(f"surefoot {command}: {printable_lines(text)}", file=sys.stderr, flush=True)


def report_error(command: str, error: UserError) -> int:
    """Write an error with its remedy to stderr; return the exit code."""
    log(command, f"error: {error}")
    return error.exit_code


def line_width(environ: Mapping[str, str]) -> int:
    """Return the number of columns to use: the terminal's, at most 120."""
    if "COLUMNS" in environ or os.isatty(1):
        return min(shutil.get_terminal_size().columns, _MAX_WIDTH)
    return _MAX_WIDTH


def wants_colours(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Return whether to colour output: only on a terminal, and not with NO_COLOR set."""
    return stream.isatty() and not environ.get("NO_COLOR")


def painter(*, colours: bool) -> Paint:
    """Return a function that puts text into a style, or leaves it as it is."""
    return lambda text, style: f"\033[{_STYLES[style]}m{text}\033[0m" if colours else text


def printable(text: str) -> str:
    """Return text in which everything that could control a terminal is escaped."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def printable_lines(text: str) -> str:
    """Return ``printable`` text that keeps its line ends."""
    return "\n".join(map(printable, text.split("\n")))


def wrap(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width` columns, without breaking words."""
    columns = max(width, _MIN_WIDTH)
    return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)


def cut(text: str, room: int) -> str:
    """Return text, shortened to `room` columns."""
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def format_size(count: int) -> str:
    """Return a number of bytes in B, KiB or MiB."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"


def pluralize(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def join_names(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
