from __future__ import annotations

from typing import Any

import boto3
import pytest

from rie.aws.deploy.stack_events import Failure, StackOutcome, follow, newest_event
from rie.errors import UserError
from tests.support.aws_proxy import AwsProxy, Reply, fault, result

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1"


def event(number: int, status: str, name: str = "s", reason: str = "") -> dict[str, Any]:
    """One of the stack's own without a `name`, otherwise one of a resource."""
    return {
        "StackId": STACK,
        "StackName": "s",
        "EventId": f"e{number}",
        "LogicalResourceId": name,
        "PhysicalResourceId": STACK if name == "s" else name.lower(),
        "ResourceType": "AWS::CloudFormation::Stack" if name == "s" else "AWS::Test::Thing",
        "ResourceStatus": status,
        "Timestamp": f"2026-03-02T06:00:{number:02}Z",
        **({"ResourceStatusReason": reason} if reason else {}),
    }


def events(*reported: dict[str, Any], **more: str) -> Reply:
    """As AWS lists them: the newest first."""
    return result(StackEvents=list(reported[::-1]), **more)


OLD = event(1, "CREATE_COMPLETE")


@pytest.fixture
def client(aws_proxy: AwsProxy) -> Any:
    return boto3.client("cloudformation")


def test_events_are_shown_once_in_order_from_all_pages(
    aws_proxy: AwsProxy, client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, made = event(2, "UPDATE_IN_PROGRESS"), event(3, "CREATE_COMPLETE", "A")
    ended = event(4, "UPDATE_COMPLETE")
    aws_proxy.answer(
        "DescribeStackEvents",
        events(OLD, begun),
        events(OLD, begun),
        events(made, ended, NextToken="2"),
        events(OLD, begun),
    )
    assert follow(client, STACK, "e1") == StackOutcome("UPDATE_COMPLETE", (), "")
    assert capsys.readouterr().err.splitlines() == [
        "  06:00:02  UPDATE_IN_PROGRESS  s  AWS::CloudFormation::Stack",
        "  06:00:03  CREATE_COMPLETE  A  AWS::Test::Thing",
        "  06:00:04  UPDATE_COMPLETE  s  AWS::CloudFormation::Stack",
    ]


def test_failed_resources_are_reported_and_cancelled_ones_are_not(
    aws_proxy: AwsProxy, client: Any
) -> None:
    aws_proxy.answer(
        "DescribeStackEvents",
        events(
            OLD,
            event(2, "CREATE_FAILED", "Function", "The image manifest is not supported"),
            event(3, "CREATE_FAILED", "Queue", "Resource creation cancelled"),
            event(4, "ROLLBACK_IN_PROGRESS", reason="[Function, Queue] failed to create"),
            event(5, "DELETE_COMPLETE", "Role"),
            event(6, "ROLLBACK_COMPLETE"),
        ),
    )
    end = follow(client, STACK, "e1")
    failure = Failure("Function", "AWS::Test::Thing", "The image manifest is not supported")
    assert (end.status, end.failures, end.succeeded) == ("ROLLBACK_COMPLETE", (failure,), False)
    assert end.describe() == "Function (AWS::Test::Thing): The image manifest is not supported"


def test_a_stack_that_fails_by_itself_gives_its_own_reason(
    aws_proxy: AwsProxy, client: Any
) -> None:
    aws_proxy.answer(
        "DescribeStackEvents",
        events(
            OLD,
            event(2, "UPDATE_ROLLBACK_IN_PROGRESS", reason="Transform failed"),
            event(3, "UPDATE_ROLLBACK_COMPLETE"),
        ),
    )
    assert follow(client, STACK, "e1").describe() == "Transform failed"


def test_cleaning_up_is_not_yet_the_end(aws_proxy: AwsProxy, client: Any) -> None:
    cleaning = event(2, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    aws_proxy.answer(
        "DescribeStackEvents",
        events(OLD, cleaning),
        events(OLD, cleaning, event(3, "UPDATE_COMPLETE")),
    )
    assert follow(client, STACK, "e1").status == "UPDATE_COMPLETE"
    assert len(aws_proxy.calls_to("DescribeStackEvents")) == 2


@pytest.mark.parametrize(
    ("status", "succeeded"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_COMPLETE", True),
        ("DELETE_COMPLETE", True),
        ("ROLLBACK_COMPLETE", False),
        ("UPDATE_ROLLBACK_COMPLETE", False),
        ("DELETE_FAILED", False),
    ],
)
def test_undoing_is_no_success(status: str, succeeded: bool) -> None:
    assert StackOutcome(status, (), "").succeeded is succeeded


def test_an_end_without_any_reason_says_so() -> None:
    assert StackOutcome("ROLLBACK_COMPLETE", (), "").describe() == "CloudFormation gave no reason"


def test_the_newest_event_is_where_a_new_operation_starts(aws_proxy: AwsProxy, client: Any) -> None:
    aws_proxy.answer("DescribeStackEvents", events(OLD, event(2, "UPDATE_COMPLETE")))
    assert newest_event(client, STACK) == "e2"
    aws_proxy.answer("DescribeStackEvents", events())
    assert newest_event(client, STACK) == ""


def test_a_lost_connection_is_not_reported_as_a_failed_stack(
    aws_proxy: AwsProxy, client: Any
) -> None:
    aws_proxy.answer("DescribeStackEvents", fault("ExpiredToken", "The token has expired", 403))
    with pytest.raises(UserError, match="cannot follow the stack; its operation continues") as why:
        follow(client, STACK, "e1")
    assert "The token has expired" in why.value.reason
    assert "repeat the command" in why.value.remedy


def test_an_interrupt_reports_that_the_operation_continues(
    aws_proxy: AwsProxy,
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    aws_proxy.answer("DescribeStackEvents", events(OLD))
    with pytest.raises(KeyboardInterrupt):
        follow(client, STACK, "e1")
    assert "the operation continues" in capsys.readouterr().err
