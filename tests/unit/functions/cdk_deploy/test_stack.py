"""A stack's status, and which of its events belong to its last operation."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_deploy import stack
from tests.unit.functions.fake_aws import Client, error

_STACK = "AWS::CloudFormation::Stack"
_TIME = dt.datetime(2026, 11, 26, tzinfo=dt.timezone.utc)


def event(number: int, status: str, resource: str = "nightly", reason: str = "") -> dict[str, Any]:
    """As CloudFormation describes it; of the stack itself unless a resource is given."""
    return {
        "EventId": f"e{number}",
        "StackName": "nightly",
        "Timestamp": _TIME + dt.timedelta(seconds=number),
        "LogicalResourceId": resource,
        "PhysicalResourceId": f"physical-{resource}",
        "ResourceType": _STACK if resource in ("nightly", "Nested") else "AWS::SQS::Queue",
        "ResourceStatus": status,
        **({"ResourceStatusReason": reason} if reason else {}),
    }


def client(*oldest_first: dict[str, Any]) -> Any:
    newest_first = list(reversed(oldest_first))
    pages = [{"StackEvents": newest_first[:2]}, {"StackEvents": newest_first[2:]}]
    return Client({"describe_stack_events": pages})


STATUSES = {
    # in progress, succeeded, stable, rolled back
    "": (False, False, False, False),
    "REVIEW_IN_PROGRESS": (False, False, False, False),
    "CREATE_IN_PROGRESS": (True, False, False, False),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": (True, False, False, False),
    "CREATE_COMPLETE": (False, True, True, False),
    "UPDATE_COMPLETE": (False, True, True, False),
    "IMPORT_COMPLETE": (False, True, True, False),
    "UPDATE_ROLLBACK_COMPLETE": (False, False, True, True),
    "IMPORT_ROLLBACK_COMPLETE": (False, False, True, True),
    "ROLLBACK_COMPLETE": (False, False, False, True),
    "UPDATE_ROLLBACK_FAILED": (False, False, False, False),
    "DELETE_FAILED": (False, False, False, False),
}


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_says_what_it_means(name: str) -> None:
    status = stack.Status(name)
    found = (status.in_progress, status.succeeded, status.is_stable, status.is_rolled_back)
    assert found == STATUSES[name]


def test_a_stack_has_outputs_or_is_not_there() -> None:
    described = {
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": "a", "OutputValue": "1"}, {"OutputKey": "b"}],
    }
    found: Any = Client({"describe_stacks": {"Stacks": [described]}})
    assert stack.read_status(found, "nightly") == stack.Status(
        "CREATE_COMPLETE", {"a": "1", "b": ""}
    )
    assert found.calls == [("describe_stacks", {"StackName": "nightly"})]
    missing = error("ValidationError")
    missing.args = ("Stack with id nightly does not exist",)
    gone: Any = Client({"describe_stacks": missing})
    assert stack.read_status(gone, "nightly") == stack.Status()
    refused: Any = Client({"describe_stacks": error("AccessDenied")})
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.read_status(refused, "nightly")


EARLIER = (event(1, "CREATE_IN_PROGRESS"), event(2, "CREATE_COMPLETE"))
UPDATE = (
    event(3, "UPDATE_IN_PROGRESS"),
    event(4, "UPDATE_FAILED", "Queue", "no"),
    event(5, "UPDATE_ROLLBACK_IN_PROGRESS"),
    event(6, "UPDATE_ROLLBACK_COMPLETE"),
)


def ids(events: Any) -> list[str]:
    return [each.id for each in events]


@pytest.mark.parametrize(
    ("before", "rolled_back", "expected"),
    [
        ("", False, ["e3", "e4", "e5", "e6"]),
        ("e2", False, ["e3", "e4", "e5", "e6"]),
        ("e6", False, []),
        ("e4", False, []),
        ("", True, ["e5", "e6"]),
        ("e4", True, ["e5", "e6"]),
    ],
)
def test_the_last_operation_s_events_are_returned_oldest_first(
    before: str, rolled_back: bool, expected: list[str]
) -> None:
    found = stack.operation(client(*EARLIER, *UPDATE), "nightly", before, rolled_back=rolled_back)
    assert ids(found) == expected


@pytest.mark.parametrize("start", ["CREATE", "UPDATE", "IMPORT", "DELETE"])
def test_each_operation_begins_with_the_stack_itself(start: str) -> None:
    begun = event(3, f"{start}_IN_PROGRESS")
    nested = event(4, "CREATE_IN_PROGRESS", "Nested")
    assert ids(stack.operation(client(*EARLIER, begun, nested), "nightly")) == ["e3", "e4"]


def test_without_a_beginning_there_is_no_operation() -> None:
    review = event(1, "REVIEW_IN_PROGRESS")
    assert stack.operation(client(review), "nightly") == []
    assert stack.newest(client(review), "nightly") == "e1"


def test_a_stack_that_is_not_there_has_no_events() -> None:
    missing = error("ValidationError")
    missing.args = ("Stack [nightly] does not exist",)
    gone: Any = Client({"describe_stack_events": missing})
    assert stack.newest(gone, "nightly") == ""
    refused: Any = Client({"describe_stack_events": error("AccessDenied")})
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.newest(refused, "nightly")


CANCELLED = "Resource creation cancelled"
CAUSES: dict[str, tuple[tuple[dict[str, Any], ...], str]] = {
    "a resource before the stack": (
        (event(1, "CREATE_FAILED", reason="x"), event(2, "CREATE_FAILED", "Queue", "y")),
        "e2",
    ),
    "the first": (
        (event(1, "CREATE_FAILED", "A", "x"), event(2, "CREATE_FAILED", "B", "y")),
        "e1",
    ),
    "not what was cancelled": (
        (event(1, "CREATE_FAILED", "A", CANCELLED), event(2, "CREATE_FAILED", "B", "y")),
        "e2",
    ),
    "the stack's own": (
        (event(1, "UPDATE_FAILED", "A", "resource Update cancelled"), event(2, "UPDATE_FAILED")),
        "e2",
    ),
    "what was cancelled, without anything else": (
        (event(1, "DELETE_FAILED", "A", "Resource deletion cancelled"),),
        "e1",
    ),
    "a rollback with a reason": (
        (event(1, "ROLLBACK_IN_PROGRESS"), event(2, "UPDATE_ROLLBACK_IN_PROGRESS", reason="z")),
        "e2",
    ),
    "a deletion with a reason": ((event(1, "DELETE_IN_PROGRESS", reason="z"),), "e1"),
    "nothing": ((event(1, "UPDATE_COMPLETE", reason="z"), event(2, "CREATE_COMPLETE", "A")), ""),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_is_the_first_failure_that_is_not_a_follow_up(name: str) -> None:
    events, expected = CAUSES[name]
    begun = event(0, "UPDATE_IN_PROGRESS")
    found = stack.find_cause(stack.operation(client(begun, *events), "nightly"))
    assert (found.id if found else "") == expected


def test_an_event_as_text_and_as_json() -> None:
    (own, other) = stack.operation(
        client(event(3, "UPDATE_IN_PROGRESS"), event(4, "UPDATE_FAILED", "Queue", "x" * 1001)),
        "nightly",
    )
    assert str(own) == f"{_STACK} nightly: UPDATE_IN_PROGRESS"
    text = "AWS::SQS::Queue Queue (physical-Queue): UPDATE_FAILED: "
    assert str(other) == text + "x" * 1000
    assert own.as_json() == {
        "time": "2026-11-26T00:00:03+00:00",
        "resource": "nightly",
        "type": _STACK,
        "status": "UPDATE_IN_PROGRESS",
    }
    assert other.as_json()["reason"] == "x" * 1000
