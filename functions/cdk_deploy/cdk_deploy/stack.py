"""A stack as CloudFormation describes it: its status, and the events of its last operation.

Source: DescribeStacks, DescribeStackEvents and "Stack status codes" in the AWS CloudFormation
documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackEventTypeDef

# An operation begins with one of these on the stack itself; a rollback is part of what it undoes.
_OPERATION_STARTS = frozenset(
    {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "DELETE_IN_PROGRESS"}
)
_ROLLBACK_STARTS = frozenset({"ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"})
_SUCCEEDED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_ROLLED_BACK = frozenset({"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"})
_REVIEW = "REVIEW_IN_PROGRESS"  # a change set waits for a stack that does not exist yet
# The reason of resources that were in progress when another one failed.
_CANCELLED = re.compile(r"Resource (creation|update|deletion) cancelled", re.IGNORECASE)
_MAX_REASON = 1000


@dataclass(frozen=True)
class Status:
    """A stack's status and outputs. `name` is empty if there is no stack."""

    name: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def in_progress(self) -> bool:
        """Whether CloudFormation is working on it."""
        return self.name.endswith("_IN_PROGRESS") and self.name != _REVIEW

    @property
    def is_stable(self) -> bool:
        """Whether the stack is as a template describes it, if only after a rollback."""
        return self.succeeded or self.name in _ROLLED_BACK

    @property
    def is_rolled_back(self) -> bool:
        """Whether a rollback ended well: at the state before, or with nothing of a creation."""
        return self.name in (*_ROLLED_BACK, "ROLLBACK_COMPLETE")

    @property
    def succeeded(self) -> bool:
        """Whether the last operation succeeded."""
        return self.name in _SUCCEEDED


@dataclass(frozen=True)
class Event:
    """Something that happened to a resource, or to the stack as a whole."""

    id: str
    time: str  # ISO 8601
    resource: str
    type: str
    physical: str
    status: str
    reason: str
    of_stack: bool

    def __str__(self) -> str:
        has_name = self.physical and not self.of_stack
        name = f"{self.resource} ({self.physical})" if has_name else self.resource
        text = f"{self.type} {name}: {self.status}"
        return f"{text}: {self.reason[:_MAX_REASON]}" if self.reason else text

    def as_json(self) -> dict[str, str]:
        """Return its part of an answer."""
        described = {"time": self.time, "resource": self.resource, "type": self.type}
        described["status"] = self.status
        return {**described, "reason": self.reason[:_MAX_REASON]} if self.reason else described


def read_status(client: CloudFormationClient, name: str) -> Status:
    """Return a stack's status. Raises what boto3 raises, except for a missing stack."""
    from botocore.exceptions import ClientError

    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return Status()
        raise
    outputs = {
        output["OutputKey"]: output.get("OutputValue", "") for output in stack.get("Outputs", ())
    }
    return Status(stack["StackStatus"], outputs)


def newest(client: CloudFormationClient, name: str) -> str:
    """Return the id of the newest event, empty where there is no stack."""
    return next((event.id for event in _newest_first(client, name)), "")


def operation(
    client: CloudFormationClient, name: str, before: str = "", *, rolled_back: bool = False
) -> list[Event]:
    """Return the events of the last operation, oldest first.

    If `before` is the id of an event, and the operation did not begin after it, the list is empty.

    :param rolled_back: whether the operation was asked for as a rollback, and begins as one
    """
    starts = _ROLLBACK_STARTS if rolled_back else _OPERATION_STARTS
    events = []
    for event in _newest_first(client, name):
        if event.id == before:
            return []
        events.append(event)
        if event.of_stack and event.status in starts:
            return events[::-1]
    return []


def find_cause(events: Sequence[Event]) -> Event | None:
    """Return the event that says why an operation failed: the first that is not a follow-up."""
    failures = [event for event in events if event.status.endswith("_FAILED")]
    own = [event for event in failures if not _CANCELLED.search(event.reason)]
    of_resources = [event for event in own if not event.of_stack]
    of_stack = [
        event for event in events if event.of_stack and event.reason and _is_rollback(event)
    ]
    return next(iter([*of_resources, *own, *failures, *of_stack]), None)


def _is_rollback(event: Event) -> bool:
    return "ROLLBACK" in event.status or event.status.startswith("DELETE")


def _newest_first(client: CloudFormationClient, name: str) -> Iterator[Event]:
    from botocore.exceptions import ClientError

    pages = client.get_paginator("describe_stack_events").paginate(StackName=name)
    try:
        for page in pages:
            yield from map(_event, page["StackEvents"])
    except ClientError as error:
        if "does not exist" not in str(error):
            raise


def _event(event: StackEventTypeDef) -> Event:
    resource = event.get("LogicalResourceId", "")
    kind = event.get("ResourceType", "")
    return Event(
        id=event["EventId"],
        time=event["Timestamp"].isoformat(),
        resource=resource,
        type=kind,
        physical=event.get("PhysicalResourceId", ""),
        status=event.get("ResourceStatus", ""),
        reason=event.get("ResourceStatusReason", ""),
        of_stack=kind == "AWS::CloudFormation::Stack" and resource == event["StackName"],
    )
