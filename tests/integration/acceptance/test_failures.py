"""What goes wrong around the tests: each is reported, and what was made is removed or named."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from rie.aws.account import open_account
from rie.aws.deploy import stack_events
from rie.errors import UserError
from tests.acceptance.__main__ import main
from tests.acceptance.aws.image import TaskImages
from tests.acceptance.aws.resources import AwsResources
from tests.acceptance.functions import RESERVED, RESERVING
from tests.integration.acceptance.conftest import STACK, Done, given
from tests.integration.acceptance.test_run_on_aws import list_remains
from tests.integration.rie.aws.deploy.test_stack_events import event, events
from tests.support.aws import REGION
from tests.support.aws_proxy import AwsProxy, Call, Reply, fault, json_fault, result, serve

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def _aws_is_the_proxy(
    aws_proxy: AwsProxy, lambda_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_events, "POLL_INTERVAL_S", 0.0)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_proxy.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", lambda_url)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def execute(*words: str) -> Done:
        code = main(["aws", "--stack", STACK, *words])
        reported = capsys.readouterr()
        return Done(code, reported.out, reported.err)

    return execute


@pytest.fixture
def resources(aws_proxy: AwsProxy) -> AwsResources:
    return AwsResources(open_account(None), STACK)


def changing(aws_proxy: AwsProxy) -> set[str]:
    """The actions that were called and change something."""
    reading = ("Describe", "Get", "List")
    return {action for action in aws_proxy.count() if not action.startswith(reading)}


def test_without_a_terminal_it_asks_for_yes(run: Run, image: str, aws_proxy: AwsProxy) -> None:
    aws_proxy.calls.clear()
    done = run(*given(image))
    assert (done.code, done.out) == (1, "")
    assert "error: confirmation needed, but stdin is not a terminal" in done.err
    assert "add --yes" in done.err
    assert aws_proxy.calls == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["n\n", "", "no\n", "\n"])
def test_without_a_yes_nothing_is_created(
    run: Run, image: str, aws_proxy: AwsProxy, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    aws_proxy.calls.clear()
    done = run(*given(image))
    assert done.code == 1
    assert "costs at most" in done.err
    assert "Create this, run the tests and remove it again? [y/N] Nothing was created." in done.err
    assert changing(aws_proxy) == set()


def test_credentials_that_aws_refuses_are_reported(run: Run, aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("GetCallerIdentity", fault("InvalidClientTokenId", "not valid", 403))
    done = run("--yes")
    assert done.code == 1
    assert "error: AWS does not accept the credentials (InvalidClientTokenId)" in done.err
    assert "aws sso login" in done.err
    assert changing(aws_proxy) == set()


def test_no_credentials_are_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    done = run("--yes")
    assert done.code == 1
    assert "error: no usable AWS credentials" in done.err


def test_no_region_is_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    done = run("--yes")
    assert done.code == 1
    assert "error: no AWS region is set" in done.err
    assert "--region" in done.err


def test_an_image_in_another_region_is_reported(run: Run, image: str, aws_proxy: AwsProxy) -> None:
    aws_proxy.calls.clear()
    done = run("--yes", *given(image), "--region", "us-west-2")
    assert done.code == 1
    assert "Lambda in us-west-2 cannot run it" in done.err
    assert changing(aws_proxy) == set()


def test_an_account_that_cannot_be_read_is_reported(
    run: Run, image: str, aws_proxy: AwsProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", aws_proxy.url)
    aws_proxy.answer("GetAccountSettings", json_fault("AccessDeniedException", "not you", 403))
    done = run("--yes", *given(image))
    assert done.code == 1
    assert "not allowed to call lambda:GetAccountSettings" in done.err


def test_without_an_engine_nothing_is_created(
    run: Run, aws_proxy: AwsProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tests.acceptance.aws.image.find_uncommitted_changes", lambda _: [])
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'no-engine'}")
    done = run("--yes")
    assert done.code == 1
    assert "error: no container engine answers" in done.err
    assert "make engine" in done.err
    assert changing(aws_proxy) == set()


@pytest.mark.parametrize("option", ["--image", "--scaling-image"])
def test_one_image_without_the_other_is_refused(run: Run, image: str, option: str) -> None:
    done = run("--yes", option, image)
    assert done.code == 1
    assert "error: --image and --scaling-image belong together" in done.err


def test_a_record_that_cannot_be_written_is_reported_first(
    run: Run, tmp_path: Path, aws_proxy: AwsProxy
) -> None:
    done = run("--yes", "--json", str(tmp_path / "no" / "folder"))
    assert done.code == 1
    assert "cannot be written: No such file or directory" in done.err
    assert aws_proxy.calls == []


def test_a_stack_of_that_name_is_not_touched(run: Run, image: str, aws_proxy: AwsProxy) -> None:
    boto3.client("cloudformation").create_stack(
        StackName=STACK, TemplateBody=json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})
    )
    before = list_remains()
    aws_proxy.calls.clear()
    done = run("--yes", *given(image))
    assert done.code == 1
    assert f"error: there is a stack {STACK} already, in {REGION}" in done.err
    assert f"aws cloudformation delete-stack --stack-name {STACK} --region {REGION}" in done.err
    assert changing(aws_proxy) == set()
    assert list_remains() == before


def test_a_repository_of_that_name_is_not_touched(run: Run, image: str) -> None:
    boto3.client("ecr").create_repository(repositoryName=STACK)
    done = run("--yes", *given(image))
    assert done.code == 1
    assert f"error: there is an ECR repository {STACK} already, in {REGION}" in done.err
    assert STACK in list_remains()


class FailingStacks(AwsProxy):
    """Says of each stack that its creation failed, after the first look at its events."""

    def reply(self, call: Call) -> Reply | None:
        looks = len(self.calls_to("DescribeStackEvents"))
        answer = super().reply(call)
        if call.action != "DescribeStackEvents":
            return answer
        stack = {
            "StackId": call.fields["StackName"],
            "PhysicalResourceId": call.fields["StackName"],
        }
        old = {**event(1, "REVIEW_IN_PROGRESS"), **stack}
        failed = event(2, "CREATE_FAILED", "Echo", "Source image is not supported")
        ended = {**event(3, "ROLLBACK_COMPLETE"), **stack}
        return events(old, failed, ended) if looks else events(old)


def test_a_stack_that_fails_is_reported_and_deleted(
    run: Run, image: str, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(FailingStacks(aws), aws) as failing:
        monkeypatch.setenv("AWS_ENDPOINT_URL", failing.url)
        done = run("--yes", *given(image))
    assert (done.code, done.out) == (1, "")
    assert f"error: stack {STACK} ended in ROLLBACK_COMPLETE" in done.err
    assert "Echo (AWS::Test::Thing): Source image is not supported" in done.err
    assert "run the command again" in done.err
    assert len(failing.calls_to("DeleteStack")) == 1
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    assert list_remains() == ["surefoot-echo"]


def test_a_change_set_that_is_refused_leaves_nothing(
    run: Run, image: str, aws_proxy: AwsProxy
) -> None:
    aws_proxy.answer("CreateChangeSet", fault("AccessDenied", "not you", 403))
    done = run("--yes", *given(image))
    assert done.code == 1
    assert "not allowed to call cloudformation:CreateChangeSet" in done.err
    assert list_remains() == ["surefoot-echo"]


def test_a_stack_that_is_not_deleted_is_named_with_the_command(
    resources: AwsResources, image: str, aws_proxy: AwsProxy
) -> None:
    resources.deploy(TaskImages(image, image, "x86_64"), reserves=True)
    aws_proxy.answer("DeleteStack", fault("AccessDenied", "not you", 403))
    with pytest.raises(UserError) as caught:
        resources.remove()
    assert "not everything was removed" in caught.value.reason
    assert f"stack {STACK}: not allowed to call cloudformation:DeleteStack" in caught.value.reason
    command = f"aws cloudformation delete-stack --stack-name {STACK} --region {REGION}"
    assert command in caught.value.remedy
    assert "ecr" not in caught.value.remedy  # no repository was made


def test_resources_that_stay_are_named(
    resources: AwsResources, image: str, aws_proxy: AwsProxy
) -> None:
    resources.deploy(TaskImages(image, image, "x86_64"), reserves=True)
    now: Any = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    stack = {"StackId": now["StackId"], "StackName": STACK, "CreationTime": "2026-03-02"}
    failing = result(Stacks=[{**stack, "StackStatus": "DELETE_FAILED"}])
    aws_proxy.answer("DescribeStacks", failing)
    aws_proxy.answer("DeleteStack", result())
    resource = {"LogicalResourceId": "Role", "ResourceType": "AWS::IAM::Role"}
    rest = {"ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": "still in use"}
    timestamp = {"LastUpdatedTimestamp": "2026-03-02"}
    aws_proxy.answer(
        "ListStackResources", result(StackResourceSummaries=[{**resource, **rest, **timestamp}])
    )
    with pytest.raises(UserError) as caught:
        resources.remove()
    assert "it is in DELETE_FAILED: Role (AWS::IAM::Role): still in use" in caught.value.reason


def push_and_fail(error: BaseException) -> Callable[[], TaskImages]:
    """A push that makes the repository and then ends."""

    def push() -> TaskImages:
        boto3.client("ecr").create_repository(repositoryName=STACK)
        raise error

    return push


@pytest.mark.parametrize("error", [UserError("the network", "mend it"), KeyboardInterrupt()])
def test_a_push_that_ends_early_leaves_no_repository(
    resources: AwsResources, error: BaseException, aws_proxy: AwsProxy
) -> None:
    with pytest.raises(type(error)):
        resources.push(push_and_fail(error))
    resources.remove()
    assert list_remains() == []
    [removed] = aws_proxy.calls_to("DeleteRepository")
    assert json.loads(removed.body) == {"repositoryName": STACK, "force": True}


def test_a_push_that_made_no_repository_is_no_fault(resources: AwsResources) -> None:
    def push() -> TaskImages:
        raise UserError("no engine", "start one")

    with pytest.raises(UserError, match="no engine"):
        resources.push(push)
    resources.remove()


def test_an_interrupted_removal_names_all_that_is_left(
    resources: AwsResources, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError):
        resources.push(push_and_fail(UserError("the network", "mend it")))
    resources.deploy(TaskImages(image, image, "x86_64"), reserves=True)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tests.acceptance.aws.resources.describe_stack", interrupt)
    with pytest.raises(UserError) as caught:
        resources.remove()
    assert f"stack {STACK}: interrupted" in caught.value.reason
    assert f"ECR repository {STACK}: interrupted" in caught.value.reason
    assert "aws cloudformation delete-stack" in caught.value.remedy
    assert f"aws ecr delete-repository --force --repository-name {STACK}" in caught.value.remedy
    assert STACK in list_remains()


def test_an_account_with_a_small_limit_reserves_nothing(
    run: Run,
    image: str,
    aws_proxy: AwsProxy,
    lambda_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", aws_proxy.url)
    limit = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": RESERVING - RESERVED}
    answer = Reply(200, json.dumps({"AccountLimit": limit}).encode())
    aws_proxy.answer("GetAccountSettings", answer)
    aws_proxy.answer("CreateChangeSet", fault("AccessDenied", "enough is known", 403))
    done = run("--yes", *given(image))
    assert f"no reserved concurrency: the account allows {RESERVING - RESERVED}" in done.err
    [made] = aws_proxy.calls_to("CreateChangeSet")
    body = json.loads(made.fields["TemplateBody"])
    assert not [
        each
        for each in body["Resources"].values()
        if "ReservedConcurrentExecutions" in each["Properties"]
    ]
