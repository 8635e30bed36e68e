"""What an event says, whether it was sent as it is or by an EventBridge rule or schedule.

Sources: "Amazon EventBridge event structure", EventBridge User Guide; "Context attributes",
EventBridge Scheduler User Guide. The detail of a rule's event is an object, that of a schedule's
is a JSON string.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import UserError

_SCHEDULER = "aws.scheduler"


class Delivery(NamedTuple):
    """An event's payload, and what EventBridge says about its delivery (empty for other senders).

    `key` is equal for two deliveries of the same event. `resource` is the ARN of the rule or
    schedule. `time` is when the event was due, in seconds since the epoch.
    """

    payload: Any
    key: str = ""
    resource: str = ""
    time: float | None = None


def unwrap_event(event: object) -> Delivery:
    """Return what an event asks for: its ``detail``, or the event itself if it has none.

    :param event: the handler's first argument
    :raises UserError: detail is not JSON, or time is not a time
    """
    if not isinstance(event, Mapping) or "detail" not in event:
        return Delivery(event)
    payload = event["detail"]
    if isinstance(payload, str):
        try:
            payload = json.loads(payload or "{}")
        except ValueError as error:
            raise UserError(f"the event's detail is not JSON ({error})", "correct it") from None
    resources = event.get("resources")
    resource = str(resources[0]) if isinstance(resources, list) and resources else ""
    key = str(event.get("id") or "")
    time = event.get("time")
    if event.get("source") == _SCHEDULER and resource and time:
        # The Scheduler makes a new id for each attempt to deliver; these two stay the same.
        key = f"{resource}@{time}"
    return Delivery(payload, key, resource, parse_time("time", time) if time else None)


def parse_time(name: str, text: object) -> float:
    """Return an ISO 8601 time as seconds since the epoch; without an offset it is UTC.

    :param name: the member it comes from, for the error
    :raises UserError: it is not a time
    """
    try:
        parsed = dt.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise UserError(f"{name}: {text!r} is not a time", "write 2026-01-31T20:00:00Z") from None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=dt.timezone.utc)
    return parsed.timestamp()
