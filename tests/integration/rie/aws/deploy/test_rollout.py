"""What moto's stacks never do: fail, refuse to begin, break the connection."""

from __future__ import annotations

import json

import pytest

from tests.integration.rie.aws.conftest import Rie
from tests.integration.rie.aws.deploy.test_changeset import CHANGE_SET, STACK, change, described
from tests.integration.rie.aws.deploy.test_stack import described as stack_in
from tests.integration.rie.aws.deploy.test_stack_events import OLD, event, events
from tests.support.aws_proxy import HANG_UP, AwsProxy, fault, result

ABSENT = fault("ValidationError", "Stack with id surefoot-echo does not exist")


@pytest.fixture
def aws_proxy(aws_proxy: AwsProxy) -> AwsProxy:
    """A stack that does not exist before its change set is executed."""
    aws_proxy.answer("DescribeStacks", ABSENT, result(Stacks=[{**stack_in("REVIEW_IN_PROGRESS")}]))
    aws_proxy.answer("CreateChangeSet", result(Id=CHANGE_SET, StackId=STACK))
    aws_proxy.answer(
        "DescribeChangeSet", described("CREATE_COMPLETE", Changes=[change("Function")])
    )
    aws_proxy.answer("DeleteChangeSet", result())
    aws_proxy.answer("DeleteStack", result())
    aws_proxy.answer("ExecuteChangeSet", result())
    aws_proxy.answer(
        "DescribeStackEvents",
        events(OLD),
        events(
            OLD,
            event(2, "CREATE_FAILED", "Function", "Source image is not supported"),
            event(3, "ROLLBACK_COMPLETE"),
        ),
    )
    return aws_proxy


def test_a_failed_creation_names_the_resource_and_the_way_out(
    aws_proxy: AwsProxy, rie: Rie, image: str
) -> None:
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert (done.code, done.out) == (1, "")
    assert "  06:00:02  CREATE_FAILED  Function" in done.err
    assert (
        "error: stack surefoot-echo ended in ROLLBACK_COMPLETE:\n"
        "  Function (AWS::Test::Thing): Source image is not supported\n"
        "  remedy: fix that, delete the rest with --delete, then deploy again\n"
    ) in done.err


def test_a_failed_update_says_that_the_old_one_still_runs(
    aws_proxy: AwsProxy, rie: Rie, image: str
) -> None:
    aws_proxy.answer("DescribeStacks", result(Stacks=[stack_in("CREATE_COMPLETE")]))
    aws_proxy.answer(
        "DescribeStackEvents", events(OLD), events(OLD, event(2, "UPDATE_ROLLBACK_COMPLETE"))
    )
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert done.code == 1
    assert "the previous version still runs" in done.err


def test_an_update_that_cannot_be_undone_needs_another_look(
    aws_proxy: AwsProxy, rie: Rie, image: str
) -> None:
    aws_proxy.answer("DescribeStacks", result(Stacks=[stack_in("CREATE_COMPLETE")]))
    aws_proxy.answer(
        "DescribeStackEvents", events(OLD), events(OLD, event(2, "UPDATE_ROLLBACK_FAILED"))
    )
    assert (
        "it reports what the stack needs first"
        in rie(*("deploy", "echo", "--image", image, "--yes")).err
    )


def test_a_failure_is_in_the_json_record_too(aws_proxy: AwsProxy, rie: Rie, image: str) -> None:
    done = rie("deploy", "echo", "--image", image, "--yes", "--json")
    record = json.loads(done.out)
    assert (done.code, record["status"]) == (1, "ROLLBACK_COMPLETE")
    assert record["failures"] == [
        {
            "logical_id": "Function",
            "type": "AWS::Test::Thing",
            "reason": "Source image is not supported",
        }
    ]


def test_an_execution_that_is_refused_leaves_nothing(
    aws_proxy: AwsProxy, rie: Rie, image: str
) -> None:
    aws_proxy.answer("ExecuteChangeSet", fault("AccessDenied", "not you", 403))
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert done.code == 1
    assert "not allowed to call cloudformation:ExecuteChangeSet" in done.err
    assert len(aws_proxy.calls_to("DeleteChangeSet")) == len(aws_proxy.calls_to("DeleteStack")) == 1


def test_an_execution_without_an_answer_is_not_taken_back(
    aws_proxy: AwsProxy, rie: Rie, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rie.aws.account.ATTEMPTS", 1)
    aws_proxy.answer("ExecuteChangeSet", HANG_UP)
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert done.code == 1
    assert "no answer to ExecuteChangeSet, which may have arrived" in done.err
    assert aws_proxy.calls_to("DeleteChangeSet") == aws_proxy.calls_to("DeleteStack") == []


def test_a_stack_that_cannot_be_watched_is_not_begun(
    aws_proxy: AwsProxy, rie: Rie, image: str
) -> None:
    aws_proxy.answer("DescribeStackEvents", fault("AccessDenied", "not you", 403))
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert done.code == 1
    assert "not allowed to call cloudformation:DescribeStackEvents" in done.err
    assert aws_proxy.calls_to("ExecuteChangeSet") == []
    assert len(aws_proxy.calls_to("DeleteChangeSet")) == len(aws_proxy.calls_to("DeleteStack")) == 1


def test_a_stack_that_was_deleted_meanwhile_is_reported(
    aws_proxy: AwsProxy, rie: Rie, image: str
) -> None:
    aws_proxy.answer("DescribeStacks", ABSENT)
    aws_proxy.answer("DescribeStackEvents", events(OLD), events(OLD, event(2, "CREATE_COMPLETE")))
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert done.code == 1
    assert "stack surefoot-echo does not exist any more" in done.err
