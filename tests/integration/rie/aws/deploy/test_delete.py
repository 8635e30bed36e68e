from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.rie.aws.conftest import Rie
from tests.integration.rie.aws.deploy.test_stack import described as stack_in
from tests.integration.rie.aws.deploy.test_stack import resource
from tests.integration.rie.aws.deploy.test_stack_events import OLD, event, events
from tests.integration.rie.aws.deploy.test_stack_events import STACK as ID
from tests.support.aws_proxy import AwsProxy, result

QUEUE = "Queue: {Type: AWS::SQS::Queue, DeletionPolicy: Retain}"
LOGS = "Logs: {Type: AWS::Logs::LogGroup}"


def set_up(aws_proxy: AwsProxy, template: str, *resources: dict[str, Any], **stack: Any) -> None:
    """A stack at rest, whose removal succeeds."""
    aws_proxy.answer(
        "DescribeStacks", result(Stacks=[{**stack_in("CREATE_COMPLETE"), "StackId": ID, **stack}])
    )
    aws_proxy.answer("GetTemplate", result(TemplateBody=template))
    aws_proxy.answer("ListStackResources", result(StackResourceSummaries=list(resources)))
    aws_proxy.answer("DeleteStack", result())
    aws_proxy.answer("DescribeStackEvents", events(OLD), events(OLD, event(2, "DELETE_COMPLETE")))


def test_retained_resources_are_listed(aws_proxy: AwsProxy, rie: Rie) -> None:
    queue, role = resource("AWS::SQS::Queue", "Queue"), resource("AWS::IAM::Role", "Role")
    set_up(aws_proxy, f"Resources: {{{QUEUE[:-1]}}}, {LOGS}}}", queue, role)
    done = rie("deploy", "echo", "--delete", "--yes", "--json")
    record = json.loads(done.out)
    assert (record["operation"], record["removed"], record["kept"]) == (
        *("delete", ["Role"]),
        ["Queue"],
    )
    assert "These resources are kept, as the template says:" in done.err
    assert aws_proxy.calls_to("DeleteStack")[0].fields["ClientRequestToken"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "Resources: {A: {Type: AWS::SQS::Queue}}",
            "that Lambda created (/aws/lambda/…) is kept",
        ),
        (f"Resources: {{{LOGS}}}", "The log group is deleted with its logs"),
        (
            f"Resources: {{{LOGS[:-1]}, DeletionPolicy: Retain}}}}",
            "The log group is kept with its logs",
        ),
    ],
)
def test_it_says_what_becomes_of_the_logs(
    aws_proxy: AwsProxy, rie: Rie, template: str, said: str
) -> None:
    set_up(aws_proxy, template)
    done = rie("deploy", "echo", "--delete", "--yes")
    assert done.code == 0
    assert said in done.err


def test_a_resource_that_resists_is_named(aws_proxy: AwsProxy, rie: Rie) -> None:
    set_up(aws_proxy, f"Resources: {{{LOGS}}}")
    failed = event(2, "DELETE_FAILED", "Bucket", "The bucket is not empty")
    aws_proxy.answer(
        "DescribeStackEvents", events(OLD), events(OLD, failed, event(3, "DELETE_FAILED"))
    )
    done = rie("deploy", "echo", "--delete", "--yes")
    assert done.code == 1
    assert "ended in DELETE_FAILED:\n  Bucket (AWS::Test::Thing): The bucket is not" in done.err
    assert "repeat --delete" in done.err


def test_a_protected_stack_is_refused(aws_proxy: AwsProxy, rie: Rie) -> None:
    set_up(aws_proxy, "Resources: {}", EnableTerminationProtection=True)
    done = rie("deploy", "echo", "--delete", "--yes")
    assert done.code == 1
    assert "stack surefoot-echo is protected against deletion" in done.err
    assert "update-termination-protection" in done.err
    assert aws_proxy.calls_to("DeleteStack") == []


def test_a_busy_stack_is_refused(aws_proxy: AwsProxy, rie: Rie) -> None:
    set_up(aws_proxy, "Resources: {}", StackStatus="UPDATE_IN_PROGRESS")
    done = rie("deploy", "echo", "--delete", "--yes")
    assert done.code == 1
    assert "is in UPDATE_IN_PROGRESS: another operation on it is in progress" in done.err
    assert aws_proxy.calls_to("DeleteStack") == []


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "DELETE_FAILED"])
def test_a_failed_stack_can_be_removed(aws_proxy: AwsProxy, rie: Rie, status: str) -> None:
    set_up(aws_proxy, "Resources: {}", StackStatus=status)
    assert rie("deploy", "echo", "--delete", "--yes").code == 0


def test_a_stack_that_was_never_executed_has_nothing_in_it(aws_proxy: AwsProxy, rie: Rie) -> None:
    set_up(aws_proxy, "Resources: {}", StackStatus="REVIEW_IN_PROGRESS")
    done = rie("deploy", "echo", "--delete", "--yes")
    assert done.code == 0
    assert "(REVIEW_IN_PROGRESS) will be deleted; it has no resources." in done.err
    assert aws_proxy.calls_to("GetTemplate") == []


def test_a_no_keeps_the_stack(
    aws_proxy: AwsProxy, rie: Rie, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(aws_proxy, "Resources: {}")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", lambda: "n\n")
    done = rie("deploy", "echo", "--delete")
    assert done.code == 1
    assert "Delete the stack surefoot-echo? [y/N] Nothing was changed." in done.err
    assert aws_proxy.calls_to("DeleteStack") == []


@pytest.mark.parametrize(
    "words", [("--image", "x"), ("--arch", "arm64"), ("--parameter", "A=1")], ids=lambda w: w[0]
)
def test_options_of_a_deployment_are_refused(rie: Rie, aws: str, words: tuple[str, str]) -> None:
    done = rie("deploy", "echo", "--delete", "--yes", *words)
    assert done.code == 1
    assert f"{words[0]} cannot be used with --delete" in done.err
