"""How rules and notes put things."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 5


def listed(names: Sequence[str]) -> str:
    """Return a few names and how many more there are."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def counted(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
