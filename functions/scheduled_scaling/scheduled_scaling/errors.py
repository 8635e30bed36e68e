"""What can go wrong, as values that say what, why and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Invalid(ValueError):
    """Something that a person wrote is wrong: the event, the scenarios or the settings."""

    def __init__(self, name: str, reason: str, remedy: str) -> None:
        super().__init__(f"{name}: {reason}; {remedy}")


class Problem(Exception):
    """A target cannot be brought to the wanted state; the others go on."""

    def __init__(self, reason: str, remedy: str, *, passing: bool = False) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy
        self.passing = passing  # it may go away by itself: worth another try


class CallFailed(Exception):
    """An error of botocore's with the service it came from, which it does not tell itself."""

    def __init__(self, client: str, error: Exception) -> None:
        super().__init__(str(error))
        self.client = client  # boto3's name
        self.error = error


class Superseded(Exception):
    """A newer event has taken over; this invocation must change nothing more."""


class Busy(Exception):
    """Another invocation holds the lease; Lambda's or the scheduler's retry comes back."""


class Outdated(Exception):
    """An event that is older than the last one that ran."""


class ScalingFailed(Exception):
    """At least one target failed. The message has a line for each."""


def near(word: object, known: Iterable[str]) -> str:
    """Return a remedy: the known word that was meant, or all of them."""
    words = sorted(known)
    close = difflib.get_close_matches(str(word), words, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(words)}" if words else "there is none"
