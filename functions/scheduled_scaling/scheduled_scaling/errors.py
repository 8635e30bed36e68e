"""What can go wrong. Step Functions and log searches see these class names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from surefoot.kit.errors import UserError


class ValidationError(UserError):
    """The event, the scenarios or the settings are wrong at `place`."""

    def __init__(self, place: str, reason: str, remedy: str) -> None:
        super().__init__(f"{place}: {reason}", remedy)
        self.args = (place, reason, remedy)


class TargetError(UserError):
    """A target cannot reach its desired state; the others go on.

    `transient`: it may pass without a change, so it is worth another try.
    """

    def __init__(self, reason: str, remedy: str, *, transient: bool = False) -> None:
        super().__init__(reason, remedy)
        self.transient = transient


class CallFailed(Exception):
    """A botocore error with the service that it came from, which it does not say itself."""

    def __init__(self, client: str, error: Exception) -> None:
        super().__init__(str(error))
        self.client = client  # boto3's name
        self.error = error


class Superseded(Exception):
    """A newer event has taken over; this invocation must change nothing more."""


class LeaseHeld(Exception):
    """Another invocation holds the lease; Lambda's or the scheduler's retry tries again."""


class StaleEvent(Exception):
    """The event is older than the last one that ran."""


class ScalingFailed(Exception):
    """At least one target failed. The message has a line for each."""


def suggest(word: object, known: Iterable[str]) -> str:
    """Return a remedy for an unknown word: the known word that is closest, or all of them."""
    words = sorted(known)
    close = difflib.get_close_matches(str(word), words, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(words)}" if words else "there is none"
