from __future__ import annotations

from typing import Any

import boto3
import pytest

from rie.aws.account import open_account
from rie.aws.deploy import changeset
from rie.aws.deploy.changeset import ChangeSet, NoChangesError
from rie.errors import UserError
from tests.support.aws_proxy import HANG_UP, AwsProxy, Reply, fault, result

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1"
CHANGE_SET = "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/c/1"


def described(status: str, reason: str = "", **more: Any) -> Reply:
    return result(
        ChangeSetId=CHANGE_SET,
        StackId=STACK,
        Status=status,
        **({"StatusReason": reason} if reason else {}),
        **more,
    )


def change(name: str) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {"Action": "Add", "LogicalResourceId": name, "ResourceType": "T"},
    }


@pytest.fixture
def aws_proxy(aws_proxy: AwsProxy) -> AwsProxy:
    """A stack that a change set is made for, and that is empty without it."""
    aws_proxy.answer("CreateChangeSet", result(Id=CHANGE_SET, StackId=STACK))
    aws_proxy.answer("DeleteChangeSet", result())
    aws_proxy.answer("ExecuteChangeSet", result())
    aws_proxy.answer("DeleteStack", result())
    review = {"StackName": "s", "StackId": STACK, "StackStatus": "REVIEW_IN_PROGRESS"}
    aws_proxy.answer("DescribeStacks", result(Stacks=[{**review, "CreationTime": "2026-03-02"}]))
    return aws_proxy


def create(*, creates: bool = True) -> ChangeSet:
    return changeset.create(
        open_account(None).client("cloudformation"),
        "s",
        creates=creates,
        body="Resources: {}",
        parameters=[],
        capabilities=["CAPABILITY_IAM"],
        tags={"surefoot:function": "echo"},
    )


def execute() -> None:
    client = open_account(None).client("cloudformation")
    changeset.execute(client, ChangeSet(CHANGE_SET, STACK, creates=True, changes=()))


def discarded(aws_proxy: AwsProxy) -> tuple[int, int]:
    """How many change sets and how many stacks were deleted."""
    return len(aws_proxy.calls_to("DeleteChangeSet")), len(aws_proxy.calls_to("DeleteStack"))


def test_it_is_waited_for_and_all_pages_are_read(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer(
        "DescribeChangeSet",
        described("CREATE_PENDING"),
        described("CREATE_IN_PROGRESS"),
        described("CREATE_COMPLETE", Changes=[change("A")], NextToken="2"),
        described("CREATE_COMPLETE", Changes=[change("B")]),
    )
    made = create()
    assert [one.logical_id for one in made.changes] == ["A", "B"]
    assert (made.id, made.stack_id, made.creates) == (CHANGE_SET, STACK, True)
    assert aws_proxy.calls_to("DescribeChangeSet")[-1].fields["NextToken"] == "2"
    assert discarded(aws_proxy) == (0, 0)


def test_what_is_sent_names_type_capabilities_and_function(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("DescribeChangeSet", described("CREATE_COMPLETE"))
    create(creates=False)
    sent = aws_proxy.calls_to("CreateChangeSet")[0].fields
    assert (sent["ChangeSetType"], sent["Capabilities.member.1"]) == ("UPDATE", "CAPABILITY_IAM")
    assert (sent["Tags.member.1.Key"], sent["Tags.member.1.Value"]) == ("surefoot:function", "echo")


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
@pytest.mark.parametrize(("creates", "gone"), [(False, (1, 0)), (True, (1, 1))])
def test_an_empty_change_set_is_recognized_and_deleted(
    aws_proxy: AwsProxy, reason: str, creates: bool, gone: tuple[int, int]
) -> None:
    aws_proxy.answer("DescribeChangeSet", described("FAILED", reason))
    with pytest.raises(NoChangesError):
        create(creates=creates)
    assert discarded(aws_proxy) == gone


def test_one_that_fails_gives_its_reason_and_leaves_nothing(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("DescribeChangeSet", described("FAILED", "Template error: no such thing"))
    with pytest.raises(
        UserError, match="did not create the change set: Template error: no such thing"
    ):
        create()
    assert discarded(aws_proxy) == (1, 1)


def test_one_that_never_gets_ready_is_given_up(
    aws_proxy: AwsProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changeset, "LIMIT_S", -1.0)
    aws_proxy.answer("DescribeChangeSet", described("CREATE_IN_PROGRESS"))
    with pytest.raises(UserError, match="still CREATE_IN_PROGRESS"):
        create()
    assert discarded(aws_proxy) == (1, 1)


def test_a_long_wait_is_shown(
    aws_proxy: AwsProxy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(changeset, "_REPORT_INTERVAL_S", 0.0)
    aws_proxy.answer("DescribeChangeSet", described("CREATE_PENDING"), described("CREATE_COMPLETE"))
    create()
    assert "CREATE_PENDING for 0 s …" in capsys.readouterr().err


def test_an_interrupted_wait_leaves_nothing(
    aws_proxy: AwsProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    aws_proxy.answer("DescribeChangeSet", described("CREATE_PENDING"))
    with pytest.raises(KeyboardInterrupt):
        create()
    assert discarded(aws_proxy) == (1, 1)


def test_a_failing_removal_does_not_hide_the_first_error(
    aws_proxy: AwsProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    aws_proxy.answer("DescribeChangeSet", described("FAILED", "the first error"))
    aws_proxy.answer("DeleteChangeSet", fault("AccessDenied", "not yours"))
    with pytest.raises(UserError, match="the first error"):
        create()
    assert f"note: the change set {CHANGE_SET} is still there" in capsys.readouterr().err


def test_a_stack_that_was_filled_meanwhile_is_not_deleted(aws_proxy: AwsProxy) -> None:
    filled = {"StackName": "s", "StackId": STACK, "StackStatus": "CREATE_IN_PROGRESS"}
    aws_proxy.answer("DescribeStacks", result(Stacks=[{**filled, "CreationTime": "2026-03-02"}]))
    client: Any = boto3.client("cloudformation")
    changeset.discard(client, ChangeSet(CHANGE_SET, STACK, creates=True, changes=()))
    assert discarded(aws_proxy) == (1, 0)


def test_a_repeated_creation_is_known_by_its_token(aws_proxy: AwsProxy) -> None:
    done = result(Id=CHANGE_SET, StackId=STACK)
    aws_proxy.answer("CreateChangeSet", HANG_UP, fault("ServiceUnavailable", "later", 503), done)
    aws_proxy.answer("DescribeChangeSet", described("CREATE_COMPLETE"))
    create()
    sent = [call.fields for call in aws_proxy.calls_to("CreateChangeSet")]
    assert len(sent) == 3
    assert len({(one["ClientToken"], one["ChangeSetName"]) for one in sent}) == 1


def test_a_repeated_execution_is_known_by_its_token(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("ExecuteChangeSet", HANG_UP, result())
    execute()
    sent = [call.fields["ClientRequestToken"] for call in aws_proxy.calls_to("ExecuteChangeSet")]
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_two_creations_have_different_tokens(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("DescribeChangeSet", described("CREATE_COMPLETE"))
    create()
    create()
    assert len({call.fields["ClientToken"] for call in aws_proxy.calls_to("CreateChangeSet")}) == 2


def test_a_refused_creation_is_explained(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer(
        "CreateChangeSet", fault("ValidationError", "Parameters: [X] must have values")
    )
    with pytest.raises(UserError, match=r"cloudformation:CreateChangeSet was refused .*\[X\]"):
        create()
    assert discarded(aws_proxy) == (0, 0)
