"""Everything that people read: results on stdout, progress and errors on stderr.

Colours follow rich: only on a terminal, and not where NO_COLOR is set (https://no-color.org).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from rie.untrusted_text import make_safe, strip_control_characters

if TYPE_CHECKING:
    from rich.console import Console

    from rie.errors import UserError

Styler = Callable[[str, str], str]
"""Takes a text and a style such as "bold" or "red"; returns the text to print."""

STDERR_FILENO = 2
_UNLIMITED = 10_000  # columns of a file, which has no width


def print_progress(text: str) -> None:
    """Print lines to stderr, without control characters and credentials."""
    print(make_safe(text), file=sys.stderr, flush=True)


def print_error(error: UserError) -> None:
    """Print reason and remedy to stderr."""
    label = make_styler(sys.stderr)("error:", "bold red")
    print(f"{label} {make_safe(str(error))}", file=sys.stderr, flush=True)


def print_result(text: str) -> None:
    """Print a result to stdout; a terminal gets it without control characters."""
    print(strip_control_characters(text) if sys.stdout.isatty() else text, flush=True)


DRY_RUN_REMEDY = "add --yes; --dry-run shows what deploying would change"


def require_interactive(*, yes: bool, remedy: str = DRY_RUN_REMEDY) -> None:
    """Raise UserError unless `yes` was given or stdin is a terminal, where `confirm` can ask."""
    from rie.errors import UserError

    if not yes and not sys.stdin.isatty():
        raise UserError("confirmation needed, but stdin is not a terminal", remedy)


def confirm(question: str, *, yes: bool) -> bool:
    """Whether the user answers y or yes; True without asking if `yes`."""
    if yes:
        return True
    print(f"{make_safe(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def get_stderr_fd() -> int:
    """The descriptor to give a program whose output is progress; sys.stderr may be no file."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return STDERR_FILENO


def open_console(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Console:
    """A rich console on `stream` that shows text as it is: no markup, no highlighting."""
    from rich.console import Console

    return Console(
        file=stream,
        width=None if stream.isatty() else _UNLIMITED,
        markup=False,
        emoji=False,
        highlight=False,
        _environ=environ,
    )


def make_styler(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Styler:
    """A function that styles text for `stream`; it changes nothing where colours are off."""
    if not stream.isatty():  # rich, which takes 50 ms to load, has nothing to do
        return lambda text, _: text

    def styled(text: str, style: str) -> str:
        from rich.text import Text

        console = open_console(stream, environ)
        with console.capture() as capture:
            console.print(Text(text, style), end="", soft_wrap=True)
        return capture.get()

    return styled


def format_table(
    headings: Sequence[str], rows: Sequence[Sequence[str | None]], stream: TextIO
) -> str:
    """A table as text, wrapped to the width of `stream` if that is a terminal; None is a dash."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Text("-" if cell is None else make_safe(cell)) for cell in row))
    console = open_console(stream)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def format_size(count: int) -> str:
    """`count` bytes for people: 512 B, 1.5 kB, 12.0 MB (powers of 1,000, as registries count)."""
    for unit, length, form in (("GB", 10**9, ".2f"), ("MB", 10**6, ".1f"), ("kB", 1000, ".1f")):
        if count >= length:
            return f"{count / length:{form}} {unit}"
    return f"{count} B"
