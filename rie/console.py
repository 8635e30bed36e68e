"""What people read: progress and errors on stderr, so that stdout carries results alone."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO

_STDERR = 2
STYLES = {"bold": "1", "red": "31", "green": "32", "cyan": "36"}


def say(text: str) -> None:
    """Print a line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def stderr_descriptor() -> int:
    """The descriptor that a program started here gets as its stdout, so that it prints progress.

    sys.stderr may be an object without a descriptor, as it is while pytest captures it. Then the
    program prints to the process's own stderr.
    """
    try:
        return sys.stderr.fileno()
    except (AttributeError, io.UnsupportedOperation):
        return _STDERR


def colours(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether `stream` may be coloured: a terminal, and NO_COLOR unset or empty (no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR")


def paint(text: str, style: str, *, enabled: bool) -> str:
    """`text` in one of STYLES, or as it is when colours are off."""
    return f"\033[{STYLES[style]}m{text}\033[0m" if enabled else text
