"""What ``surefoot seal`` says to the person who builds, on stderr."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Print one line of progress or of a warning."""
    print(f"surefoot seal: {text}", file=sys.stderr, flush=True)


def fail(reason: str, remedy: str) -> int:
    """Say what is wrong and what to do about it; return the exit code."""
    say(f"error: {reason}\n  remedy: {remedy}")
    return 1
