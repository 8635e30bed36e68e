"""What people read: progress and errors on stderr, so that stdout carries results alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

STYLES = {"bold": "1", "red": "31", "green": "32", "cyan": "36"}


def print_progress(text: str) -> None:
    """Print a line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def colours(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether `stream` may be coloured: a terminal, and NO_COLOR unset or empty (no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR")


def paint(text: str, style: str, *, enabled: bool) -> str:
    """`text` in one of STYLES, or as it is when colours are off."""
    return f"\033[{STYLES[style]}m{text}\033[0m" if enabled else text
