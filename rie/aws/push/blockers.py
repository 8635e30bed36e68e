"""Why an image is not pushed: every reason at once, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rie.errors import UserError
from rie.untrusted_text import redact_credentials


class PushBlocker(NamedTuple):
    """One reason, which names the thing, and what to do about it."""

    reason: str
    remedy: str


class PushBlocked(UserError):
    """`subject` was not pushed because of `blockers`, of which there is at least one."""

    def __init__(self, subject: str, blockers: Iterable[PushBlocker]) -> None:
        self.subject = subject
        self.blockers = tuple(blockers)
        super().__init__(*self.blockers[0])

    def __str__(self) -> str:
        lines = [f"{self.subject} cannot be pushed; nothing was sent:"]
        for blocker in self.blockers:
            lines += [f"  - {blocker.reason}", f"    remedy: {blocker.remedy}"]
        return redact_credentials("\n".join(lines))


def raise_if_blocked(subject: str, blockers: Iterable[PushBlocker]) -> None:
    """Raise PushBlocked if there is a blocker."""
    found = tuple(blockers)
    if found:
        raise PushBlocked(subject, found)
