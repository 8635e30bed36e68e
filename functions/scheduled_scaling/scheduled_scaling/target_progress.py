"""What is known of one target in the course of a step, also from one invocation to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from scheduled_scaling.estimate import Estimate
from scheduled_scaling.model import Plan, State, Target

OPEN = "open"  # more is to be done, or to be waited for
REACHED = "as wanted"
SKIPPED = "left alone"
FAILED = "failed"


@dataclass
class Track:
    """One target's way. What is in `_KEPT` goes on to the next invocation."""

    target: Target
    status: str = OPEN
    before: State | None = None
    wanted: State | None = None
    after: State | None = None
    did: list[str] = field(default_factory=list)
    asked: dict[str, float] = field(default_factory=dict)  # action → when, since the epoch
    tries: int = 0
    error: dict[str, str] = field(default_factory=dict)
    waiting: str = ""
    note: str = ""
    kept: bool = False  # whether the state before is remembered
    plan: Plan = field(default_factory=Plan)
    estimate: Estimate | None = None

    @property
    def open(self) -> bool:
        """Whether it still needs work."""
        return self.status == OPEN

    def refuse(self, api: str, code: str, reason: str, remedy: str) -> None:
        """Note why it does not go on for now."""
        self.error = {"api": api, "code": code, "reason": reason, "remedy": remedy}
        self.waiting = f"{api} to be accepted ({code})" if api else reason

    def accept(self) -> None:
        """Forget what was in its way: it goes on."""
        self.error, self.tries = {}, 0

    def give_up(self) -> None:
        """Stop working on it, for the reason noted last."""
        self.status, self.waiting = FAILED, ""

    def fail(self, reason: str, remedy: str) -> None:
        """Stop working on it for this reason."""
        self.refuse("", "", reason, remedy)
        self.give_up()

    def __str__(self) -> str:
        """The failure in one line."""
        error = self.error
        call = f"{error.get('api')} was refused ({error.get('code')}): " if error.get("api") else ""
        return f"{self.target.name}: {call}{error.get('reason')}; {error.get('remedy')}"

    def dump(self) -> dict[str, Any]:
        """Return what the next invocation needs, without what is as at the beginning."""
        fresh = Track(self.target)
        return {
            name: getattr(self, name)
            for name in _KEPT
            if getattr(self, name) != getattr(fresh, name)
        }

    @staticmethod
    def load(target: Target, saved: Mapping[str, Any]) -> Track:
        """Go on where an earlier invocation stopped."""
        return Track(target, **{name: saved[name] for name in _KEPT if name in saved})

    def result(self) -> dict[str, Any]:
        """Return what the function answers about this target."""
        shown: dict[str, Any] = {
            "name": self.target.name,
            "kind": self.target.kind,
            "status": self.status,
            "before": self.before,
            "wanted": self.wanted,
            "after": self.after,
            "actions": self.did,
        }
        extras = {"waiting": self.waiting, "error": self.error, "note": self.note}
        shown |= {name: value for name, value in extras.items() if value}
        if self.estimate is not None:
            shown["estimate"] = asdict(self.estimate)
        return shown


_KEPT = [
    each.name for each in fields(Track) if each.name not in ("target", "plan", "estimate", "after")
]
