"""What an event asks for: from an EventBridge rule, EventBridge Scheduler, or given as it is.

Source: "Amazon EventBridge event structure"; "Context attributes", EventBridge Scheduler User
Guide. A rule's detail is an object, the Scheduler's is a string.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scheduled_scaling.errors import Invalid
from scheduled_scaling.validation import Fields

_SCHEDULER = "aws.scheduler"


@dataclass(frozen=True)
class Request:
    """One event. `schedule` stands for scenario and step where the event does not name them.

    `key` is the same for the same event delivered twice, and empty where that cannot be told;
    `at` is when it was meant, in seconds since the epoch; `progress` is what an earlier invocation
    handed on.
    """

    scenario: str
    step: str
    at: float
    key: str = ""
    schedule: str = ""
    dry_run: bool = False
    progress: Mapping[str, Any] = field(default_factory=dict)


def read_event(event: object, now: float) -> Request:
    """Read an event of any of the three forms. Raises Invalid."""
    if not isinstance(event, Mapping):
        raise Invalid("the event", f"it is {type(event).__name__}", _FORM)
    if "detail" not in event:
        return _request(Fields("the event", event), now)
    payload = event["detail"]
    if isinstance(payload, str):
        try:
            payload = json.loads(payload or "{}")
        except json.JSONDecodeError as error:
            raise Invalid("detail", f"it is no JSON ({error})", _FORM) from None
    at = _time("time", event["time"]) if event.get("time") else now
    resources = event.get("resources") or [""]
    arn = str(resources[0])
    key = str(event.get("id", ""))
    if event.get("source") == _SCHEDULER and arn and event.get("time"):
        # The id is new with each attempt to deliver; these two are not.
        key = f"{arn}@{event['time']}"
    return _request(Fields("detail", payload), at, key, arn.rpartition("/")[2])


_FORM = 'send {"scenario": "…", "step": "…"}, as it is or as detail'


def _request(fields: Fields, at: float, key: str = "", schedule: str = "") -> Request:
    dry_run = fields.flag("dry_run") if "dry_run" in fields else False
    progress: Mapping[str, Any] = {}
    if "continuation" in fields:
        given = fields.take("continuation")
        if not isinstance(given, Mapping):
            raise Invalid("continuation", "it is no object", "pass on what an answer gave")
        progress = given
    if "scheduled-time" in fields:
        at = _time("scheduled-time", fields.text("scheduled-time"))
    if "schedule-arn" in fields:
        key = f"{fields.text('schedule-arn')}@{at:.0f}"
    if schedule and "scenario" not in fields and "step" not in fields:
        fields.end()
        return Request("", "", at, key, schedule, dry_run, progress)
    scenario, step = fields.text("scenario"), fields.text("step")
    fields.end()
    return Request(scenario, step, at, key, "", dry_run, progress)


def _time(name: str, text: object) -> float:
    try:
        told = dt.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise Invalid(name, f"{text!r} is no time", "write 2026-01-31T20:00:00Z") from None
    if told.tzinfo is None:
        told = told.replace(tzinfo=dt.timezone.utc)
    return told.timestamp()
