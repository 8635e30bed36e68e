"""execute and poll, which need no CDK: CloudFormation's course, followed from one to the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_deploy import errors
from cdk_deploy.app import handler
from surefoot.kit.aws_errors import AwsError
from surefoot.kit.resumable import Chain, ContinuationError
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy.front import Front, become, happen

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:cdk-deploy"
TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
TABLE = "AWS::DynamoDB::Table"


@pytest.fixture
def stack(cloud: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Front:
    """A stack called plain, complete."""
    for name in ("CDK_NODE", "CDK_CLI", "CDK_APP_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("CDK_POLL_S", "0.01")
    monkeypatch.setenv("CDK_RESERVE_S", "5")
    client = boto3.client("cloudformation")
    client.create_stack(StackName="plain", TemplateBody=json.dumps(TEMPLATE))
    return cloud


def do(step: str, *, timeout: float = 30, **more: Any) -> Any:
    event = {"step": step, "stack": "plain", **more}
    return invoke(handler, event, timeout=timeout, invoked_function_arn=ARN)


def change_set(name: str) -> None:
    boto3.client("cloudformation").create_change_set(
        StackName="plain",
        ChangeSetName=name,
        ChangeSetType="UPDATE",
        TemplateBody=json.dumps({"Resources": {"Two": {"Type": "AWS::SNS::Topic"}}}),
    )


def test_a_stack_under_way_is_to_be_polled_again_and_each_event_is_logged_once(
    stack: Front, caplog: pytest.LogCaptureFixture
) -> None:
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    first = do("poll", wait_s=0)
    assert (first["done"], first["status"]) == (False, "UPDATE_IN_PROGRESS")
    happen("plain", "Table", TABLE, "UPDATE_COMPLETE")
    become("plain", "UPDATE_COMPLETE")
    last = invoke(handler, first["next"], timeout=30)
    assert (last["done"], last["status"]) == (True, "UPDATE_COMPLETE")
    assert [event["status"] for event in last["events"]] == [
        *("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_COMPLETE")
    ]
    logged = [message for message in caplog.messages if "AWS::" in message]
    assert len(logged) == 3


def test_polling_ends_before_the_invocation_does(stack: Front) -> None:
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    answer = do("poll", timeout=5.2)  # the reserve is 5 s
    assert answer["done"] is False


def test_polling_waits_for_an_operation_that_has_not_begun_yet(stack: Front) -> None:
    change_set("later")
    stack.instead["ExecuteChangeSet"] = lambda _: None  # accepted, and no more so far
    following = do("execute", change_set="later")["next"]
    early = invoke(handler, {**following, "wait_s": 0}, timeout=30)
    assert (early["done"], early["status"], early["events"]) == (False, "CREATE_COMPLETE", [])
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    become("plain", "UPDATE_COMPLETE")
    assert invoke(handler, early["next"], timeout=30)["done"]


def test_a_change_set_is_executed_once_however_often_the_event_comes(stack: Front) -> None:
    change_set("once")
    answers = [do("execute", change_set="once") for _ in range(2)]
    assert stack.calls.count("ExecuteChangeSet") == 1
    for answer in answers:
        assert invoke(handler, answer["next"], timeout=30)["status"] == "UPDATE_COMPLETE"


def test_a_change_set_is_executed_with_the_deploy_role(stack: Front) -> None:
    change_set("mine")
    do("execute", change_set="mine")
    assert stack.calls.index("AssumeRole") < stack.calls.index("ExecuteChangeSet")


def test_a_change_set_that_is_not_there_is_named(stack: Front) -> None:
    with pytest.raises(errors.RequestError, match="no change set lost"):
        do("execute", change_set="lost")


def test_a_failed_update_names_the_first_resource_that_failed_by_itself(stack: Front) -> None:
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    happen("plain", "Early", TABLE, "UPDATE_FAILED", "Resource update cancelled")
    happen("plain", "Table", TABLE, "CREATE_FAILED", "the limit of tables is reached")
    happen("plain", "Late", TABLE, "CREATE_FAILED", "something that followed")
    become("plain", "UPDATE_ROLLBACK_IN_PROGRESS", "failed to create: [Table, Late]")
    become("plain", "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(errors.DeploymentFailed) as caught:
        do("poll")
    assert str(caught.value) == (
        "plain is UPDATE_ROLLBACK_COMPLETE: AWS::DynamoDB::Table Table (plain-table): "
        "CREATE_FAILED: the limit of tables is reached; correct that and deploy again"
    )


def test_a_rollback_without_a_failed_resource_is_reported_with_the_stack_s_own_reason(
    stack: Front,
) -> None:
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    become("plain", "UPDATE_ROLLBACK_IN_PROGRESS", "an alarm rang")
    become("plain", "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(errors.DeploymentFailed, match="an alarm rang"):
        do("poll")


def test_a_failure_of_an_earlier_operation_is_not_reported(stack: Front) -> None:
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    happen("plain", "Table", TABLE, "UPDATE_FAILED", "long ago")
    become("plain", "UPDATE_ROLLBACK_COMPLETE")
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    become("plain", "UPDATE_COMPLETE")
    answer = do("poll")
    assert answer["done"]
    assert len(answer["events"]) == 2


def test_with_self_invoke_the_function_invokes_itself_with_the_next_step(stack: Front) -> None:
    become("plain", "UPDATE_IN_PROGRESS", "User Initiated")
    answer = do("poll", wait_s=0, self_invoke=True)
    assert stack.invoked == [answer["next"]]
    assert answer["next"]["self_invoke"] is True
    become("plain", "UPDATE_COMPLETE")
    assert invoke(handler, stack.invoked[0], timeout=30)["done"]
    assert len(stack.invoked) == 1


def test_a_stack_that_is_not_there_is_named(stack: Front) -> None:
    with pytest.raises(errors.RequestError, match="no stack other"):
        do("poll", stack="other")


def test_a_refused_call_is_named_with_a_remedy(stack: Front) -> None:
    stack.denied.add("DescribeStacks")
    with pytest.raises(
        AwsError, match=r"cloudformation:DescribeStacks failed \(AccessDenied\).*allow cloudform"
    ):
        do("poll")


def test_the_continuation_of_another_stack_is_rejected(stack: Front) -> None:
    event = Chain({}, "other").next_event({}, {"before": "", "seen": ""})
    with pytest.raises(ContinuationError, match="belongs to the work 'other', not to 'plain'"):
        do("poll", **event)
