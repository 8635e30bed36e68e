from __future__ import annotations

from typing import Any

import boto3
import pytest

from rie.aws.account import open_account
from rie.aws.deploy import stack
from rie.aws.deploy.stack import Stack
from rie.errors import UserError
from tests.integration.rie.aws.conftest import Rie
from tests.support.aws_proxy import AwsProxy, fault, result

ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/surefoot-echo/1"


def described(status: str, **more: Any) -> dict[str, Any]:
    return {
        "StackName": "surefoot-echo",
        "StackId": ID,
        "StackStatus": status,
        "CreationTime": "2026-03-02T06:00:00Z",
        **more,
    }


@pytest.mark.parametrize(
    ("status", "reason", "remedy"),
    [
        ("ROLLBACK_COMPLETE", "creation failed and was rolled back", "delete it with --delete"),
        ("ROLLBACK_FAILED", "so did the rollback", "delete it with --delete"),
        ("CREATE_FAILED", "was not rolled back", "delete it with --delete"),
        ("DELETE_FAILED", "deletion failed", "repeat --delete"),
        ("REVIEW_IN_PROGRESS", "never executed", "delete the stack with --delete"),
        ("UPDATE_FAILED", "was not rolled back", "rollback-stack --stack-name surefoot-echo"),
        (
            *("UPDATE_ROLLBACK_FAILED", "so did the rollback"),
            "continue-update-rollback --stack-name surefoot-echo",
        ),
        ("CREATE_IN_PROGRESS", "another operation", "--stack-name surefoot-echo"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "another operation", "wait for its end"),
        ("DELETE_IN_PROGRESS", "another operation", "wait for its end"),
        ("A_NEW_STATE", "unknown to surefoot", "console"),
    ],
)
def test_a_stack_that_cannot_be_deployed_to_says_why_and_what_to_do(
    status: str, reason: str, remedy: str
) -> None:
    found = Stack("surefoot-echo", ID, status, {}, {}, protected=False)
    with pytest.raises(UserError, match=f"stack surefoot-echo is in {status}: ") as raised:
        stack.require_settled(found)
    assert reason in raised.value.reason
    assert remedy in raised.value.remedy


def test_nothing_is_sent_to_a_stack_that_cannot_be_deployed_to(
    aws_proxy: AwsProxy, rie: Rie, image: str
) -> None:
    aws_proxy.answer("DescribeStacks", result(Stacks=[described("ROLLBACK_COMPLETE")]))
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert (done.code, done.out) == (1, "")
    assert "stack surefoot-echo is in ROLLBACK_COMPLETE: " in done.err
    assert aws_proxy.calls_to("CreateChangeSet") == []


@pytest.mark.parametrize(
    "status",
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"],
)
def test_a_stack_at_rest_can_be_deployed_to(status: str) -> None:
    stack.require_settled(Stack("s", ID, status, {}, {}, protected=False))


def test_a_stack_has_its_parameters_and_outputs(aws_proxy: AwsProxy) -> None:
    reported = described(
        "CREATE_COMPLETE",
        Parameters=[{"ParameterKey": "A", "ParameterValue": "1"}],
        Outputs=[{"OutputKey": "FunctionArn", "OutputValue": "arn:x"}],
        EnableTerminationProtection=True,
    )
    aws_proxy.answer("DescribeStacks", result(Stacks=[reported]))
    found = stack.describe_stack(boto3.client("cloudformation"), "surefoot-echo")
    assert found == Stack(
        *("surefoot-echo", ID, "CREATE_COMPLETE", {"A": "1"}, {"FunctionArn": "arn:x"}),
        protected=True,
    )


def test_a_stack_that_is_not_there_is_none(aws: str) -> None:
    assert stack.describe_stack(boto3.client("cloudformation"), "nowhere") is None


def test_a_look_that_is_denied_is_no_missing_stack(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("DescribeStacks", fault("AccessDenied", "no", 403))
    with pytest.raises(UserError, match="not allowed to call cloudformation:DescribeStacks"):
        stack.describe_stack(boto3.client("cloudformation"), "surefoot-echo")


@pytest.mark.parametrize(
    ("function", "chosen", "name"),
    [
        ("echo", None, "surefoot-echo"),
        ("eni_cleanup", None, "surefoot-eni-cleanup"),
        ("My.Function_", None, "surefoot-my-function"),
        ("echo", "Mine", "Mine"),
    ],
)
def test_the_stack_is_named_after_the_function(
    function: str, chosen: str | None, name: str
) -> None:
    assert stack.name_for(function, chosen) == name


@pytest.mark.parametrize("name", ["1st", "under_score", "x" * 129, "-x", "a b"])
def test_a_name_that_no_stack_can_have_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a stack"):
        stack.name_for("echo", name)


def resource(kind: str, name: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": name,
        "PhysicalResourceId": name.lower(),
        "ResourceType": kind,
        "ResourceStatus": "CREATE_COMPLETE",
        "LastUpdatedTimestamp": "2026-03-02T06:00:00Z",
    }


@pytest.mark.parametrize(
    ("kinds", "outputs", "arn"),
    [
        ([], {"FunctionArn": "arn:reported"}, "arn:reported"),
        (["AWS::Lambda::Function"], {}, "arn:aws:lambda:eu-west-1:123456789012:function:r0"),
        (["AWS::Lambda::Function", "AWS::Lambda::Function"], {}, None),
        (["AWS::SQS::Queue"], {}, None),
    ],
)
def test_the_function_is_known_by_output_or_as_the_only_one(
    aws_proxy: AwsProxy, kinds: list[str], outputs: dict[str, str], arn: str | None
) -> None:
    summaries = [resource(kind, f"R{number}") for number, kind in enumerate(kinds)]
    aws_proxy.answer("ListStackResources", result(StackResourceSummaries=summaries))
    account = open_account(None)
    found = Stack("surefoot-echo", ID, "CREATE_COMPLETE", {}, outputs, protected=False)
    assert stack.function_arn(account, account.client("cloudformation"), found) == arn


def test_outputs_are_shown_and_recorded(aws_proxy: AwsProxy, rie: Rie, image: str) -> None:
    reported = described(
        "UPDATE_COMPLETE",
        Outputs=[
            {"OutputKey": "FunctionArn", "OutputValue": "arn:aws:lambda:r:1:function:f"},
            {"OutputKey": "DeadLetterQueueUrl", "OutputValue": "https://queue"},
        ],
    )
    aws_proxy.answer("DescribeStacks", result(Stacks=[reported]))
    aws_proxy.answer("CreateChangeSet", fault("ValidationError", "No updates are to be performed."))
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert (done.code, done.out) == (0, "arn:aws:lambda:r:1:function:f\n")
    assert "  DeadLetterQueueUrl: https://queue\n" in done.err
    assert "Next: make invoke TARGET=f FUNCTION=echo" in done.err
