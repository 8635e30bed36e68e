"""The ``surefoot`` command. Only the chosen subcommand's module is imported."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from surefoot import __version__

# Name → (module with add_arguments() and execute(), arguments, summary).
COMMANDS = {
    "doctor": ("doctor.command", "[DIR]", "Check an image or a function for problems on Lambda."),
    "profile": ("profile.command", "HANDLER", "Show where the time of a cold start goes."),
    "seal": (
        "seal.command",
        "[HANDLER]",
        "Finish an image: permissions, bytecode, checks, read-ahead.",
    ),
}
_COMMAND = "COMMAND"
_USAGE = "surefoot [OPTIONS] COMMAND [ARGS]..."
_DESCRIPTION = "Build tools for Lambda container images in Python."


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, "Usage: " if prefix is None else prefix)

    def _format_action(self, action: argparse.Action) -> str:
        if action.metavar != _COMMAND:
            return super()._format_action(action)
        # Only the commands, without a line for the place where one is written.
        return "".join(map(self._format_action, self._iter_indented_subactions(action)))


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, formatter_class=_HelpFormatter, add_help=False)
        self._positionals.title = "Arguments"
        self._optionals.title = "Options"
        self.add_argument("-h", "--help", action="help", help="show this message and exit")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = _Parser(prog="surefoot", usage=_USAGE, description=_DESCRIPTION)
    parser.add_argument(
        "--version",
        action="version",
        version=f"surefoot {__version__}",
        help="show the version and exit",
    )
    subparsers = parser.add_subparsers(title="Commands", dest="command", metavar=_COMMAND)
    chosen = next((word for word in words if not word.startswith("-")), "")
    for name, (module, positional, summary) in COMMANDS.items():
        usage = f"surefoot {name} [OPTIONS] {positional}"
        subparser = subparsers.add_parser(name, usage=usage, help=summary, description=summary)
        if name == chosen:
            command = importlib.import_module(f".{module}", __package__)
            command.add_arguments(subparser)
            subparser.set_defaults(execute=command.execute)
    options = parser.parse_args(words)
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        return int(options.execute(options))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
