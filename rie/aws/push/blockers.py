"""Why an image is not pushed: every reason at once, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rie.errors import UserError


class PushBlocker(NamedTuple):
    """One reason, naming the thing, and what to type or change."""

    reason: str
    remedy: str


class PushBlocked(UserError):
    """`subject` was not pushed for `refusals`, of which there is one at least."""

    def __init__(self, subject: str, refusals: Iterable[PushBlocker]) -> None:
        self.subject = subject
        self.refusals = tuple(refusals)
        first = self.refusals[0]
        super().__init__(first.reason, first.remedy)

    def __str__(self) -> str:
        lines = [f"{self.subject} is refused, and nothing was pushed:"]
        for refusal in self.refusals:
            lines += [f"  - {refusal.reason}", f"    remedy: {refusal.remedy}"]
        return "\n".join(lines)


def refuse(subject: str, refusals: Iterable[PushBlocker]) -> None:
    """Raise PushBlocked if there is any reason to."""
    found = tuple(refusals)
    if found:
        raise PushBlocked(subject, found)
