"""Why fewer instances were answered than asked for."""

from __future__ import annotations


class Doubt(Exception):
    """Something is not known for certain; str() says what, and what would mend it."""


class TooLate(Doubt):
    """The deadline has passed."""


class Invalid(Doubt):
    """An event or a setting is not what it must be: its place, the reason, the remedy."""

    def __init__(self, place: str, reason: str, remedy: str) -> None:
        """Keep the three apart for no one: they are read together."""
        super().__init__(f"{place}: {reason}; {remedy}")
