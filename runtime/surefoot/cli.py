"""The ``surefoot`` command: one word chooses the subcommand, whose module is imported then."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence

from . import __version__

# Name → (module with add_arguments() and execute(), what it does). A module that this copy of the
# package lacks is not offered.
COMMANDS = {
    "doctor": ("doctor.command", "check an image or a tree for what fails on Lambda"),
    "profile": ("profile.command", "show where a cold start goes, and what would shorten it"),
    "seal": ("seal.command", "finish an image: modes, bytecode, checks"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog="surefoot", description="A Lambda runtime for Python: the command for its images."
    )
    parser.add_argument("--version", action="version", version=f"surefoot {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    chosen = next((word for word in words if not word.startswith("-")), "")
    for name, (module, summary) in COMMANDS.items():
        if not _exists(module):
            continue
        subparser = subparsers.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
        )
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


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(f".{module}", __package__) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(main())
