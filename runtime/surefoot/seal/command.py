"""``surefoot seal app.handler``: record what a start touches."""

from __future__ import annotations

import argparse
import os
import sys

from .. import prefetch
from . import recording


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument("handler", help="as in CMD: module.function")
    parser.add_argument(
        "--allow-failure",
        action="store_true",
        help="keep what was recorded although init fails in the build (it needs credentials, say)",
    )
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="for init (default: 60)"
    )
    parser.add_argument(
        "--record", default=prefetch.RECORD, metavar="FILE", help="where to (default: %(default)s)"
    )


def execute(options: argparse.Namespace) -> int:
    """Record; return 0, or 1 when init fails or the record cannot be written."""
    try:
        recording.remove(options.record)
        lines, failure = _record(options)
        if failure and not options.allow_failure:
            return _fail(
                f"{options.handler}: {failure}; nothing was recorded",
                "make init work without network and credentials, or keep what was touched until "
                "then: surefoot seal --allow-failure",
            )
        recording.write(lines, options.record)
    except OSError as error:
        return _fail(
            f"{error.filename or options.record}: {error.strerror or error}",
            "seal the image while it is built, as root: RUN surefoot seal HANDLER",
        )
    if failure:
        _say(f"warning: {options.handler}: {failure}; what it had touched is recorded")
    folders = sum(line.endswith("/") for line in lines)
    print(f"{options.record}: {len(lines) - folders} files and {folders} folders to read ahead")
    return 0


def _record(options: argparse.Namespace) -> tuple[list[str], str]:
    try:
        return recording.record(options.handler, os.environ, options.timeout), ""
    except recording.InitFailed as failed:
        return failed.lines, failed.reason


def _fail(reason: str, remedy: str) -> int:
    _say(f"error: {reason}\n  remedy: {remedy}")
    return 1


def _say(text: str) -> None:
    print(f"surefoot seal: {text}", file=sys.stderr)
