"""A stack's events, shown until its operation has ended.

Source: StackEvent, AWS CloudFormation API reference.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rie.aws.account import explain_errors
from rie.console import print_progress
from rie.errors import UserError

POLL_INTERVAL_S = 2.0
# Reasons of resources that stopped because another one failed.
_CANCELLED = ("Resource creation cancelled", "Resource update cancelled")


@dataclass(frozen=True)
class Failure:
    """A resource that failed by itself, and not because another one did."""

    logical_id: str
    type: str
    reason: str

    def record(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


@dataclass(frozen=True)
class StackOutcome:
    """The stack's last status, the resources that failed, and CloudFormation's reason."""

    status: str
    failures: tuple[Failure, ...]
    reason: str

    @property
    def succeeded(self) -> bool:
        """Whether the operation succeeded; a rollback is not a success."""
        return self.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}

    def describe(self) -> str:
        """The failed resources with their reasons, a line each."""
        lines = [f"{one.logical_id} ({one.type}): {one.reason}" for one in self.failures]
        return "\n  ".join(lines or [self.reason or "CloudFormation gave no reason"])


def newest_event(client: Any, stack_id: str) -> str:
    """The id of the stack's latest event; later ones belong to the operation that starts now."""
    with explain_errors():
        events = client.describe_stack_events(StackName=stack_id)["StackEvents"]
    return str(events[0]["EventId"]) if events else ""


def follow(client: Any, stack_id: str, after: str) -> StackOutcome:
    """Show the events after the one with id `after`; returns when its operation has ended.

    Raises UserError when CloudFormation cannot be reached any more; the operation continues then.
    """
    try:
        return _follow(client, stack_id, after)
    except UserError as error:
        raise UserError(
            f"cannot follow the stack; its operation continues: {error.reason}",
            "repeat the command: it reports whether the stack is busy, and what is left to do",
        ) from error
    except KeyboardInterrupt:
        print_progress("stopped following; the operation continues (events: see the console)")
        raise


def _follow(client: Any, stack_id: str, after: str) -> StackOutcome:
    failures: list[Failure] = []
    reason = ""
    while True:
        for event in _events(client, stack_id, after):
            after = event["EventId"]
            status = event["ResourceStatus"]
            print_progress(_line(event))
            if event.get("PhysicalResourceId") != stack_id:
                failures += _failure(event) if status.endswith("_FAILED") else []
                continue
            reason = event.get("ResourceStatusReason", reason)
            if not status.endswith("_IN_PROGRESS"):
                return StackOutcome(status, tuple(failures), reason)
        time.sleep(POLL_INTERVAL_S)


def _events(client: Any, stack_id: str, after: str) -> list[dict[str, Any]]:
    """Events later than `after`, oldest first; AWS lists the newest first."""
    fresh: list[dict[str, Any]] = []
    with explain_errors():
        for page in client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            for event in page["StackEvents"]:
                if event["EventId"] == after:
                    return fresh[::-1]
                fresh.append(event)
    return fresh[::-1]


def _failure(event: Mapping[str, Any]) -> list[Failure]:
    reason = event.get("ResourceStatusReason", "no reason was given")
    if reason.startswith(_CANCELLED):
        return []
    return [Failure(event["LogicalResourceId"], event["ResourceType"], reason)]


def _line(event: Mapping[str, Any]) -> str:
    clock = event["Timestamp"].strftime("%H:%M:%S")
    words = [clock, event["ResourceStatus"], event["LogicalResourceId"], event["ResourceType"]]
    reason = event.get("ResourceStatusReason")
    return "  " + "  ".join(words) + (f"  ({reason})" if reason else "")
