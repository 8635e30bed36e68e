"""What an event asks for: from an EventBridge rule, EventBridge Scheduler, or as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduled_scaling.errors import ValidationError
from scheduled_scaling.validation import MappingReader
from surefoot.kit.events import parse_time, unwrap_event

_FORM = 'send {"scenario": "…", "step": "…"}, as it is or as detail'


@dataclass(frozen=True)
class Request:
    """One event. `schedule` stands for scenario and step if the event does not give them.

    `key` is the same for the same event delivered twice, and empty if that is not known; `at` is
    when the event was due, in seconds since the epoch; `continuation` is the token of an earlier
    invocation.
    """

    scenario: str
    step: str
    at: float
    key: str = ""
    schedule: str = ""
    dry_run: bool = False
    continuation: str | None = None


def read_event(event: object, now: float) -> Request:
    """Read an event of any of the three forms. Raises UserError."""
    if not isinstance(event, Mapping):
        raise ValidationError("the event", f"it is {type(event).__name__}", _FORM)
    delivery = unwrap_event(event)
    reader = MappingReader("detail" if "detail" in event else "the event", delivery.payload)
    at = now if delivery.time is None else delivery.time
    key, schedule = delivery.key, delivery.resource.rpartition("/")[2]
    dry_run = reader.boolean("dry_run") if "dry_run" in reader else False
    continuation = reader.text("continuation") if "continuation" in reader else None
    if "scheduled-time" in reader:
        at = parse_time("scheduled-time", reader.text("scheduled-time"))
    if "schedule-arn" in reader:
        key = f"{reader.text('schedule-arn')}@{at:.0f}"
    if schedule and "scenario" not in reader and "step" not in reader:
        reader.reject_unknown()
        return Request("", "", at, key, schedule, dry_run, continuation)
    scenario, step = reader.text("scenario"), reader.text("step")
    reader.reject_unknown()
    return Request(scenario, step, at, key, "", dry_run, continuation)
