"""What one invocation passes to the next: a member of the event, next to CloudFormation's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import UserError

CONTINUATION_KEY = "Continuation"
# An address is good for two hours; a time before that is another clock's, or an old event's.
_OLDEST_S = 2 * 3600.0


@dataclass
class Progress:
    """Progress so far. `began` is since the epoch; `left` are lines for people."""

    began: float
    turn: int = 1
    deleted: int = 0
    left: list[str] = field(default_factory=list)
    left_count: int = 0
    last_error: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for the next invocation, whose turn is one higher."""
        return {**vars(self), "turn": self.turn + 1}


def begin(sent_at: float | None, now: float) -> Progress:
    """Return the state of a new request."""
    if sent_at is not None and now - _OLDEST_S <= sent_at <= now:
        return Progress(sent_at)
    return Progress(now)


def resume(given: Mapping[str, Any]) -> Progress:
    """Read what ``as_json`` wrote.

    :raises UserError: it is something else
    """
    fresh = Progress(0.0)
    if not isinstance(given, dict) or set(given) != set(vars(fresh)):
        raise UserError(
            f"{CONTINUATION_KEY} is not what this function wrote", "leave it out of your event"
        )
    for name, value in vars(fresh).items():
        if not isinstance(given[name], (int, float) if name == "began" else type(value)):
            raise UserError(
                f"{CONTINUATION_KEY}.{name} is {given[name]!r}",
                f"leave {CONTINUATION_KEY} out of your event",
            )
    return Progress(**given)
