"""The ``surefoot`` command: one word chooses the subcommand, whose module is imported then."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from surefoot import __version__

# Name → (module with add_arguments() and execute(), what it does).
COMMANDS = {
    "profile": ("profile.command", "show where a cold start goes, and what would shorten it"),
    "doctor": ("doctor.command", "find what would stumble on Lambda, before the push"),
    "seal": ("seal.command", "finish an image: modes, bytecode, doctor, files to read ahead"),
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


if __name__ == "__main__":
    sys.exit(main())
