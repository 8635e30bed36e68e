"""Say how a step ended: an event on EventBridge, and the end of a Step Functions task.

Sources: PutEvents, Amazon EventBridge API Reference; SendTaskSuccess and SendTaskFailure, AWS Step
Functions API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError

SOURCE = "surefoot.scheduled_scaling"
REACHED, LATE, NOT_REACHED = "Step Reached", "Step Not Reached In Time", "Step Not Reached"
_MAX_CAUSE = 32_768  # characters
_MAX_DETAIL = 200_000  # bytes; an entry of EventBridge takes 256 KB
# The task has ended already: by its own time-out, by its execution's end, or by us.
_ENDED = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


class Announcer:
    """Sends to `bus` unless it is empty, and ends the task of `token` unless that is empty."""

    def __init__(self, aws: AwsClients, bus: str, token: str) -> None:
        self._aws, self._bus, self._token = aws, bus, token

    def send(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Announce the end of a step, or that it is late. Raises botocore's errors, TargetError."""
        if self._bus:
            self._put_event(kind, detail)
        self.end_task(kind, detail)

    def end_task(self, kind: str, detail: Mapping[str, Any]) -> None:
        """End the task with what an announcement says. Raises botocore's errors."""
        if self._token:
            if kind == REACHED:
                self._end_task("send_task_success", output=json.dumps(detail))
            else:
                cause = json.dumps(detail)[:_MAX_CAUSE]
                self._end_task("send_task_failure", error=kind.replace(" ", ""), cause=cause)

    def fail_task(self, error: Exception) -> None:
        """End the task with an exception. Raises botocore's errors."""
        if self._token:
            cause = str(error)[:_MAX_CAUSE]
            self._end_task("send_task_failure", error=type(error).__name__, cause=cause)

    def _put_event(self, kind: str, detail: Mapping[str, Any]) -> None:
        text = json.dumps(detail)
        if len(text) > _MAX_DETAIL:
            text = json.dumps({**detail, "missing": ["too many: see the log"]})
        entry = {
            "Source": SOURCE,
            "DetailType": kind,
            "Detail": text,
            "EventBusName": self._bus,
        }
        answer = self._aws.client("events").put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            failed = answer["Entries"][0]
            raise TargetError(
                f"events:PutEvents failed ({failed.get('ErrorCode')}): "
                f"{failed.get('ErrorMessage')}",
                "correct SCALING_EVENT_BUS, or unset it",
            )

    def _end_task(self, call: str, **arguments: str) -> None:
        try:
            getattr(self._aws.client("stepfunctions"), call)(taskToken=self._token, **arguments)
        except Exception as error:
            response = getattr(error, "response", None)
            code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
            if code not in _ENDED:
                raise
            print(f"the Step Functions task had ended already ({code})")
