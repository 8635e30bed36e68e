"""The steps with the real CDK against moto, with a small app; what moto lacks, the proxy does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_deploy import errors
from cdk_deploy.app import handler
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy.conftest import APPS
from tests.integration.functions.cdk_deploy.front import Form, Front, become, happen, stack_of

# Values that would be options, commands, other keys or cut lines in careless hands.
AWKWARD = {
    "dash": "-x",
    "option": "--app=touch evil",
    "command": "$(touch evil) `touch evil`; touch evil & | > evil",
    "equals": "a=b=c",
    "quotes": "\"double\" 'single'",
    "spaces": "  two  ",
    "empty": "",
    "unicode": "Zürich 日本 🎉",
    "pattern": "*?[a-z]{b,c}~",
    "backslash": "\\n\\",
    "number": 3,
    "fraction": 1.5,
    "flag": True,
}
AS_TEXT = {**AWKWARD, "number": "3", "fraction": "1.5", "flag": "true"}


def do(step: str, *, timeout: float = 120, **more: Any) -> Any:
    return invoke(handler, {"step": step, "stack": "plain", **more}, timeout=timeout)


def test_context_values_reach_the_app_as_they_are(plain: Front, scratch: Path) -> None:
    answer = do("synth", context=AWKWARD)
    assert answer["template"]["Metadata"] == AS_TEXT
    assert not list(scratch.rglob("evil"))


def test_an_app_for_node_is_a_matter_of_configuration(
    plain: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_APP", "node app.js")
    monkeypatch.setenv("CDK_APP_DIR", str(APPS / "node"))
    (topic,) = do("synth", context={"size": "large"})["template"]["Resources"].values()
    assert topic["Properties"] == {"DisplayName": "large"}


def test_an_app_that_fails_is_reported_with_its_own_words(plain: Front) -> None:
    with pytest.raises(errors.CommandFailed, match="the app refuses: on purpose"):
        do("synth", context={"fail": "on purpose"})


def test_a_stack_that_the_app_does_not_have_is_named(plain: Front) -> None:
    with pytest.raises(errors.CommandFailed, match="other"):
        do("deploy", stack="other")


def size() -> str:
    return boto3.client("ssm").get_parameter(Name="/plain/size")["Parameter"]["Value"]


def test_a_stack_is_deployed_and_its_outputs_are_reported(
    plain: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert do("diff", context={"size": "small"})["changed"]
    first = do("deploy", context={"size": "small"})
    assert (first["done"], first["changed"], first["status"]) == (True, True, "CREATE_COMPLETE")
    again = do("deploy", context={"size": "small"})
    assert (again["done"], again["changed"], again["events"]) == (True, False, [])
    assert size() == "small"
    monkeypatch.setenv("CDK_METHOD", "direct")  # moto forgets the outputs of change sets
    second = do("deploy", context={"size": "large"})
    assert (second["done"], second["changed"], second["status"]) == (True, True, "UPDATE_COMPLETE")
    assert second["outputs"] == {"Out0": "large"}
    assert [event["status"] for event in second["events"]] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]
    assert size() == "large"
    assert do("diff", context={"size": "large"})["changed"] is False
    different = do("diff", context={"size": "huge"})
    assert different["changed"]
    assert "[+] huge" in different["diff"]


def fails(form: Form) -> None:
    """In the place of ExecuteChangeSet: what CloudFormation does when a resource fails."""
    name = form["StackName"].partition(":stack/")[2].split("/")[0] or form["StackName"]
    become(name, "CREATE_IN_PROGRESS", "User Initiated")
    happen(name, "Queue", "AWS::SQS::Queue", "CREATE_IN_PROGRESS")
    happen(name, "Other", "AWS::SQS::Queue", "CREATE_IN_PROGRESS")
    happen(name, "Queue", "AWS::SQS::Queue", "CREATE_FAILED", "jobs already exists")
    happen(name, "Other", "AWS::SQS::Queue", "CREATE_FAILED", "Resource creation cancelled")
    become(name, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Queue].")
    become(name, "ROLLBACK_COMPLETE")


def test_a_failed_deployment_names_the_resource_and_the_reason(plain: Front) -> None:
    plain.instead["ExecuteChangeSet"] = fails
    with pytest.raises(errors.DeploymentFailed) as caught:
        do("deploy")
    assert caught.value.reason == (
        "plain is ROLLBACK_COMPLETE: AWS::SQS::Queue Queue (plain-queue): CREATE_FAILED: "
        "jobs already exists"
    )


def test_when_time_is_over_the_cdk_is_ended_and_cloudformation_goes_on(
    plain: Front, caplog: pytest.LogCaptureFixture
) -> None:
    def begins(form: Form) -> None:
        become("plain", "CREATE_IN_PROGRESS", "User Initiated")

    plain.instead["ExecuteChangeSet"] = begins
    answer = do("deploy", timeout=20)
    assert (answer["done"], answer["status"]) == (False, "CREATE_IN_PROGRESS")
    assert "the invocation's time is up: the CDK was ended" in caplog.messages
    become("plain", "CREATE_COMPLETE")
    later = invoke(handler, answer["next"], timeout=20)
    assert (later["done"], later["status"]) == (True, "CREATE_COMPLETE")


def test_a_cdk_that_takes_too_long_before_cloudformation_begins_is_an_error(plain: Front) -> None:
    with pytest.raises(errors.OutOfTime, match="before CloudFormation began"):
        do("deploy", timeout=7, context={"slow": "60"})


def test_a_change_set_is_prepared_executed_and_polled_in_further_invocations(
    plain: Front,
) -> None:
    prepared = do("prepare", context={"size": "small"})
    assert prepared["changes"] == [
        {"action": "Add", "resource": "Size", "type": "AWS::SSM::Parameter", "replacement": "False"}
    ]
    assert "ExecuteChangeSet" not in plain.calls
    executed = invoke(handler, prepared["next"], timeout=20)
    done = invoke(handler, executed["next"], timeout=20)
    assert (done["done"], done["status"]) == (True, "CREATE_COMPLETE")
    assert size() == "small"
    update = do("prepare", context={"size": "large"})
    executed = invoke(handler, update["next"], timeout=20)
    done = invoke(handler, executed["next"], timeout=20)
    assert (done["done"], done["status"]) == (True, "UPDATE_COMPLETE")
    assert size() == "large"
    unchanged = do("prepare", context={"size": "large"})
    assert (unchanged["done"], unchanged["changed"]) == (True, False)


def test_a_construct_and_a_stack_of_different_names_are_refused(plain: Front) -> None:
    with pytest.raises(errors.ConfigError, match="makes a stack called other"):
        do("prepare", context={"renamed": "other"})
    assert stack_of("other").status == "REVIEW_IN_PROGRESS"


def test_invocations_leave_nothing_more_behind_each_time(plain: Front, scratch: Path) -> None:
    def files() -> list[str]:
        return sorted(str(path.relative_to(scratch)) for path in scratch.rglob("*"))

    do("synth")
    before = files()
    do("synth")
    assert files() == before
