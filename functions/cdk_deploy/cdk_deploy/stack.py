"""A stack as CloudFormation tells of it: its state, and what happened in its last operation.

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
_BEGINNINGS = frozenset(
    {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "DELETE_IN_PROGRESS"}
)
_REACHED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_REVIEW = "REVIEW_IN_PROGRESS"  # a change set waits for a stack that does not exist yet
# What befell the resources that were under way when another one failed.
_BYSTANDER = re.compile(r"Resource (creation|update|deletion) cancelled", re.IGNORECASE)
_MAX_REASON = 1000


@dataclass(frozen=True)
class State:
    """`status` is empty where there is no stack."""

    status: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def under_way(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != _REVIEW

    @property
    def reached(self) -> bool:
        """Whether the last operation did what was asked for."""
        return self.status in _REACHED


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
        told = self.physical and not self.of_stack
        name = f"{self.resource} ({self.physical})" if told else self.resource
        text = f"{self.type} {name}: {self.status}"
        return f"{text}: {self.reason[:_MAX_REASON]}" if self.reason else text

    def as_json(self) -> dict[str, str]:
        """Return what an answer shows of it."""
        shown = {"time": self.time, "resource": self.resource, "type": self.type}
        shown["status"] = self.status
        return {**shown, "reason": self.reason[:_MAX_REASON]} if self.reason else shown


def look(client: CloudFormationClient, name: str) -> State:
    """Return the state of the stack `name`. Raises what boto3 raises, save for a missing stack."""
    from botocore.exceptions import ClientError

    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return State()
        raise
    outputs = {
        output["OutputKey"]: output.get("OutputValue", "") for output in stack.get("Outputs", ())
    }
    return State(stack["StackStatus"], outputs)


def newest(client: CloudFormationClient, name: str) -> str:
    """Return the id of the newest event, empty where there is no stack."""
    return next((event.id for event in _backwards(client, name)), "")


def operation(client: CloudFormationClient, name: str, before: str = "") -> list[Event]:
    """Return the events of the last operation, oldest first.

    Where `before` is the id of an event, the operation counts only if it began after that: else
    the list is empty.
    """
    events = []
    for event in _backwards(client, name):
        if event.id == before:
            return []
        events.append(event)
        if event.of_stack and event.status in _BEGINNINGS:
            return events[::-1]
    return []


def cause(events: Sequence[Event]) -> Event | None:
    """Return the event that says why an operation failed: the first failure of its own accord."""
    failures = [event for event in events if event.status.endswith("_FAILED")]
    own = [event for event in failures if not _BYSTANDER.search(event.reason)]
    of_resources = [event for event in own if not event.of_stack]
    told = [event for event in events if event.of_stack and event.reason and _undone(event)]
    return next(iter([*of_resources, *own, *failures, *told]), None)


def _undone(event: Event) -> bool:
    return "ROLLBACK" in event.status or event.status.startswith("DELETE")


def _backwards(client: CloudFormationClient, name: str) -> Iterator[Event]:
    from botocore.exceptions import ClientError

    pages = client.get_paginator("describe_stack_events").paginate(StackName=name)
    try:
        for page in pages:
            yield from map(_event, page["StackEvents"])
    except ClientError as error:
        if "does not exist" not in str(error):
            raise


def _event(told: StackEventTypeDef) -> Event:
    resource = told.get("LogicalResourceId", "")
    kind = told.get("ResourceType", "")
    return Event(
        id=told["EventId"],
        time=told["Timestamp"].isoformat(),
        resource=resource,
        type=kind,
        physical=told.get("PhysicalResourceId", ""),
        status=told.get("ResourceStatus", ""),
        reason=told.get("ResourceStatusReason", ""),
        of_stack=kind == "AWS::CloudFormation::Stack" and resource == told["StackName"],
    )
