"""How the commands parse their arguments and show their help: argparse, laid out as click does.

argparse, because `surefoot` itself, which must not need packages, uses it: both read the same.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import NoReturn

PROGRAM = "python -m rie"
WRONG_USAGE = 2
_TITLES = {"usage: ": "Usage: ", "positional arguments:": "Arguments:", "options:": "Options:"}
_WIDTH = 88


class CommandParser(argparse.ArgumentParser):
    """A parser of one command; see `describe` for its help."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog=prog, add_help=False, formatter_class=_Formatter)

    def format_help(self) -> str:
        """Usage, description, arguments, options, examples, exit codes."""
        self._set_usage()
        self._action_groups.sort(key=lambda group: group is self._optionals)  # options come last
        lines = []
        for line in super().format_help().splitlines():
            title = next((title for title in _TITLES if line.startswith(title)), None)
            lines.append(line.replace(title, _TITLES[title], 1) if title else line)
        return "\n".join(lines) + "\n"

    def error(self, message: str) -> NoReturn:
        """Report wrong usage and exit with 2."""
        self._set_usage()
        usage = super().format_usage().replace("usage: ", "Usage: ", 1)
        sys.stderr.write(f"{usage}Try '{self.prog} --help' for help.\n\nerror: {message}\n")
        sys.exit(WRONG_USAGE)

    def _set_usage(self) -> None:
        names = [str(each.metavar) for each in self._actions if not each.option_strings]
        self.usage = " ".join(["%(prog)s", "[OPTIONS]", *names])


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=_WIDTH)


def describe(
    parser: argparse.ArgumentParser,
    text: str,
    *,
    examples: Sequence[str] = (),
    exit_codes: Mapping[int, str] | None = None,
) -> None:
    """Set the help of a command; call it before options are added, so that --help comes first.

    `text` is a summary of one line, an empty line and paragraphs. `examples` are commands without
    the program's name.
    """
    paragraphs = [
        textwrap.fill(" ".join(paragraph.split()), _WIDTH - 2, break_on_hyphens=False)
        for paragraph in text.split("\n\n")
    ]
    parser.description = textwrap.indent("\n\n".join(paragraphs), "  ")
    sections = []
    if examples:
        lines = "\n".join(f"  $ {PROGRAM} {example}" for example in examples)
        sections.append(f"Examples:\n{lines}")
    if exit_codes:
        lines = "\n".join(
            textwrap.fill(meaning, _WIDTH, initial_indent=f"  {code}  ", subsequent_indent="     ")
            for code, meaning in exit_codes.items()
        )
        sections.append(f"Exit codes:\n{lines}")
    parser.epilog = "\n\n".join(sections)
    parser.add_argument("--help", "-h", action="help", help="Show this message and exit.")


def positive_int(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number
