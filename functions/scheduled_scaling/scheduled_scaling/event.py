"""What an event asks for: from an EventBridge rule, EventBridge Scheduler, or as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scheduled_scaling.errors import ValidationError
from scheduled_scaling.scenarios import HOLD, RESUME, VERIFY
from scheduled_scaling.validation import MappingReader
from surefoot.kit.events import parse_time, unwrap_event

_FORM = 'send {"scenario": "…", "step": "…"}, as it is or as detail'
_TIME_HINT = 'write a time of day, such as "09:00", or 2026-01-31T09:00:00Z'
# Besides scenario and step, by step; "" are the steps of scenarios.
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "": ("by", "task_token", "ignore_holds"),
    VERIFY: ("of", "task_token"),
    HOLD: ("until", "skip", "steps"),
    RESUME: (),
}


@dataclass(frozen=True)
class Request:
    """One event. `schedule` stands for scenario and step if the event does not give them.

    `key` is the same for the same event delivered twice, and empty if that is not known; `at` is
    when the event was due, in seconds since the epoch; `continuation` is the token of an earlier
    invocation. `by` and `until` are a time of day or an ISO 8601 time.
    """

    scenario: str
    step: str
    at: float
    key: str = ""
    schedule: str = ""
    dry_run: bool = False
    continuation: str | None = None
    by: str = ""  # when it should be reached
    task_token: str = ""  # of a Step Functions task that waits for the end
    ignore_holds: bool = False
    of: str = ""  # verify: which step
    until: str = ""  # hold
    skip: bool = False  # hold: skip the steps, instead of keeping them back
    steps: tuple[str, ...] = ()  # hold: which ones


def read_event(event: object, now: float) -> Request:
    """Read an event of any of the three forms. Raises UserError."""
    if not isinstance(event, Mapping):
        raise ValidationError("the event", f"it is {type(event).__name__}", _FORM)
    delivery = unwrap_event(event)
    reader = MappingReader("detail" if "detail" in event else "the event", delivery.payload)
    request = Request(
        "", "", now if delivery.time is None else delivery.time, delivery.key, dry_run=False
    )
    if "dry_run" in reader:
        request = replace(request, dry_run=reader.boolean("dry_run"))
    if "continuation" in reader:
        request = replace(request, continuation=reader.text("continuation"))
    if "scheduled-time" in reader:
        request = replace(request, at=parse_time("scheduled-time", reader.text("scheduled-time")))
    if "schedule-arn" in reader:
        key = f"{reader.text('schedule-arn')}@{request.at:.0f}"
        request = replace(request, key=key)
    schedule = delivery.resource.rpartition("/")[2]
    if schedule and "scenario" not in reader and "step" not in reader:
        request = replace(request, schedule=schedule, **_further(reader, ""))
        reader.reject_unknown()
        return request
    scenario, step = reader.text("scenario"), reader.text("step")
    request = replace(request, scenario=scenario, step=step, **_further(reader, step))
    reader.reject_unknown()
    if request.dry_run and request.task_token:
        raise ValidationError("task_token", "a dry run ends no task", "leave one of them out")
    return request


def _further(reader: MappingReader, step: str) -> Mapping[str, Any]:
    """Read the members that a step takes."""
    allowed = _MEMBERS.get(step, _MEMBERS[""])
    found: dict[str, Any] = {
        name: reader.text(name, hint=_TIME_HINT if name in ("by", "until") else "write text")
        for name in ("by", "task_token", "of", "until")
        if name in allowed and name in reader
    }
    found |= {
        name: reader.boolean(name)
        for name in ("ignore_holds", "skip")
        if name in allowed and name in reader
    }
    if "steps" in allowed and "steps" in reader:
        found["steps"] = tuple(reader.texts("steps", r"\S+", "name steps"))
    if step == VERIFY and "of" not in found:
        reader.take("of")
    return found


def read_task_token(event: object) -> str:
    """Return the task token of an event that may be wrong otherwise; empty if it has none."""
    payload = event.get("detail", event) if isinstance(event, Mapping) else None
    token = payload.get("task_token") if isinstance(payload, Mapping) else None
    return token if isinstance(token, str) else ""
