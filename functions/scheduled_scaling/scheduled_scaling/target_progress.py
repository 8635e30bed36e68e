"""One target's progress in a step, carried from one invocation to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from scheduled_scaling.estimate import Estimate
from scheduled_scaling.model import Plan, State, Target

OPEN = "open"  # needs another action, or waits for AWS
REACHED = "reached"
SKIPPED = "skipped"
FAILED = "failed"


@dataclass
class TargetProgress:
    """One target's progress. The fields in `_SAVED_FIELDS` go to the next invocation."""

    target: Target
    status: str = OPEN
    before: State | None = None
    desired_state: State | None = None
    after: State | None = None
    applied: list[str] = field(default_factory=list)
    requested_at: dict[str, float] = field(default_factory=dict)  # by action, since the epoch
    wrong_state_since: float = 0.0  # seconds since the epoch; 0: its state is not wrong
    error: dict[str, str] = field(default_factory=dict)
    waiting: str = ""
    note: str = ""
    fallbacks: list[str] = field(default_factory=list)  # other classes than desired, and why
    is_saved: bool = False  # whether the state before the change is
    plan: Plan = field(default_factory=Plan)
    estimate: Estimate | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still needs work."""
        return self.status == OPEN

    def record_error(self, api: str, code: str, reason: str, remedy: str) -> None:
        """Record why it does not go on for now."""
        self.error = {"api": api, "code": code, "reason": reason, "remedy": remedy}
        self.waiting = f"{api} to be accepted ({code})" if api else reason

    def clear_error(self) -> None:
        """Forget the last error, after a success."""
        self.error, self.wrong_state_since = {}, 0.0

    def mark_failed(self) -> None:
        """Stop working on it, for the reason recorded last."""
        self.status, self.waiting = FAILED, ""

    def fail(self, reason: str, remedy: str) -> None:
        """Stop working on it for this reason."""
        self.record_error("", "", reason, remedy)
        self.mark_failed()

    def __str__(self) -> str:
        """The failure in one line."""
        error = self.error
        call = f"{error.get('api')} failed ({error.get('code')}): " if error.get("api") else ""
        return f"{self.target.name}: {call}{error.get('reason')}; {error.get('remedy')}"

    def dump(self) -> dict[str, Any]:
        """Return what the next invocation needs: the fields that differ from a fresh start."""
        fresh = TargetProgress(self.target)
        return {
            name: getattr(self, name)
            for name in _SAVED_FIELDS
            if getattr(self, name) != getattr(fresh, name)
        }

    @staticmethod
    def load(target: Target, saved: Mapping[str, Any]) -> TargetProgress:
        """Return the progress that ``dump`` saved."""
        return TargetProgress(
            target, **{name: saved[name] for name in _SAVED_FIELDS if name in saved}
        )

    def result(self) -> dict[str, Any]:
        """Return this target's part of the answer."""
        described: dict[str, Any] = {
            "name": self.target.name,
            "kind": self.target.kind,
            "status": self.status,
            "before": self.before,
            "desired_state": self.desired_state,
            "after": self.after,
            "actions": self.applied,
        }
        extras = {
            "waiting": self.waiting,
            "error": self.error,
            "note": self.note,
            "fallbacks": self.fallbacks,
        }
        described |= {name: value for name, value in extras.items() if value}
        if self.estimate is not None:
            described["estimate"] = asdict(self.estimate)
        return described


_SAVED_FIELDS = [
    each.name
    for each in fields(TargetProgress)
    if each.name not in ("target", "plan", "estimate", "after")
]
