"""The command from beginning to end: moto has the stack, the emulator answers for Lambda."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.acceptance.functions import FUNCTIONS
from tests.acceptance.targets import register_table
from tests.integration.acceptance.conftest import STACK, Command, Done, given
from tests.support.aws import ACCOUNT, REGION
from tests.support.aws_proxy import AwsProxy, Reply, serve_aws_proxy

# moto leaves out what its CloudFormation does not know, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


def list_remains() -> list[str]:
    """What is there in moto, of every kind that a run makes."""
    moto = os.environ["AWS_ENDPOINT_URL"]  # for Lambda, too, which the emulator answers elsewhere
    clients: Any = {
        name: boto3.client(name, endpoint_url=moto)
        for name in ("cloudformation", "lambda", "iam", "sqs", "logs", "ecr", "dynamodb", "ssm")
    }
    stacks = clients["cloudformation"].list_stacks()["StackSummaries"]
    found = [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"]
    found += [each["FunctionName"] for each in clients["lambda"].list_functions()["Functions"]]
    found += [each["RoleName"] for each in clients["iam"].list_roles()["Roles"]]
    found += clients["sqs"].list_queues().get("QueueUrls", [])
    found += [each["logGroupName"] for each in clients["logs"].describe_log_groups()["logGroups"]]
    found += clients["dynamodb"].list_tables()["TableNames"]
    found += [each["Name"] for each in clients["ssm"].describe_parameters()["Parameters"]]
    repositories = clients["ecr"].describe_repositories()["repositories"]
    return found + [each["repositoryName"] for each in repositories]


@dataclass(frozen=True)
class Finished:
    """A run of all tests: how it ended, its record, what was requested, and what remained."""

    done: Done
    record: str
    proxy: AwsProxy
    image: str
    remains: list[str]


def test_a_run_holds_reports_and_removes(
    command: Command, image: str, aws_proxy: AwsProxy, record: Path
) -> None:
    """One test, because a run takes as long as all acceptance tests together."""
    register_table(aws_proxy.url, STACK)  # moto's CloudFormation knows no scalable targets
    words = ["--yes", *given(image), "--json", str(record)]
    # Those of the sandbox need containers, which this emulator has none of.
    done = command.run(*words, "--select", "not test_sandbox")
    finished = Finished(done, record.read_text(), aws_proxy, image, list_remains())
    _all_tests_held(finished)
    _one_stack_was_created_with_the_image(finished)
    _everything_was_removed_but_an_image_that_was_there(finished)
    _the_table_is_on_stdout_and_the_progress_on_stderr(finished)
    _it_said_beforehand_what_it_makes_and_costs(finished)
    _the_record_identifies_no_account(finished)


def _all_tests_held(finished: Finished) -> None:
    assert finished.done.code == 0, finished.done.err
    record = json.loads(finished.record)
    assert record["results"]["held"] == len(record["facts"]) > 60


def _one_stack_was_created_with_the_image(finished: Finished) -> None:
    [made] = finished.proxy.calls_to("CreateChangeSet")
    assert made.fields["StackName"] == STACK
    assert made.fields["ChangeSetType"] == "CREATE"
    assert made.fields["Capabilities.member.1"] == "CAPABILITY_IAM"
    parameters = {
        made.fields[f"Parameters.member.{n}.ParameterKey"]: made.fields[
            f"Parameters.member.{n}.ParameterValue"
        ]
        for n in (1, 2, 3)
    }
    assert parameters == {
        "TaskImage": finished.image,
        "ScalingImage": finished.image,
        "Architecture": "x86_64",
    }


def _everything_was_removed_but_an_image_that_was_there(finished: Finished) -> None:
    [deleted] = finished.proxy.calls_to("DeleteStack")
    assert STACK in deleted.fields["StackName"]
    assert finished.proxy.calls_to("DeleteRepository") == []
    assert finished.remains == ["surefoot-echo"]


def _the_table_is_on_stdout_and_the_progress_on_stderr(finished: Finished) -> None:
    heading, _, *rows = finished.done.out.splitlines()
    assert heading.split() == ["fact", "expected", "seen", "result"]
    [row] = [each for each in rows if each.startswith("a dry run runs nothing")]
    assert 'answer.response["StatusCode"] == 204' in row
    assert "204 == 204" in row
    assert row.endswith("held")
    assert "ok       a dry run runs nothing" in finished.done.err


def _it_said_beforehand_what_it_makes_and_costs(finished: Finished) -> None:
    announced = finished.done.err[: finished.done.err.index("Creating a change set")]
    assert f"In account {ACCOUNT}, {REGION}" in announced
    assert f"CloudFormation stack {STACK} with" in announced
    assert f"{len(FUNCTIONS)} Lambda::Function" in announced
    assert "costs at most $0.01" in announced


def _the_record_identifies_no_account(finished: Finished) -> None:
    assert ACCOUNT not in finished.record
    assert "127.0.0.1" not in finished.record
    record = json.loads(finished.record)
    assert record["images"] == [finished.image.rpartition("@")[2]] * 2
    assert (record["target"], record["region"]) == ("aws", REGION)


def test_interrupted_while_tests_run_it_reports_and_removes(
    command: Command, image: str, record: Path
) -> None:
    words = ["--yes", *given(image), "--json", str(record)]
    done = command.run_interrupted(words, "  ok ", signal.SIGINT)
    assert done.code == 130
    assert f"The stack {STACK} is deleted." in done.err
    assert list_remains() == ["surefoot-echo"]
    facts = json.loads(record.read_text())
    assert 0 < len(facts["facts"]) < 60


def test_ended_while_the_stack_is_created_it_removes_it(command: Command, image: str) -> None:
    words = ["--yes", *given(image)]
    done = command.run_interrupted(words, "CREATE_IN_PROGRESS", signal.SIGTERM)
    assert done.code == 130
    assert f"The stack {STACK} is deleted." in done.err
    assert list_remains() == ["surefoot-echo"]


def test_a_fact_that_differs_is_shown_with_both_values(
    image: str, aws_proxy: AwsProxy, lambda_url: str, record: Path
) -> None:
    with serve_aws_proxy(lambda_url) as lambdas:
        lambdas.answer("Invoke", Reply(200, b'"other"'))
        command = Command(
            {"AWS_ENDPOINT_URL": aws_proxy.url, "AWS_ENDPOINT_URL_LAMBDA": lambdas.url}
        )
        words = ["--yes", *given(image), "--json", str(record)]
        done = command.run(*words, "--select", "test_many_callers or test_a_dry_run_runs_nothing")
    assert done.code == 1
    assert "  DIFFERS  many callers get their own answers" in done.err
    assert "0 held, 2 differs, 0 error, 0 not run" in done.err
    assert list_remains() == ["surefoot-echo"]
    facts = {each["fact"]: each for each in json.loads(record.read_text())["facts"]}
    [check] = facts["many callers get their own answers"]["checks"]
    assert check["expected"] == "answers == list(range(200))"
    assert check["seen"].startswith("['other', 'ot... 'other', ...] == [0, 1, 2, 3, 4, 5, ...]")
    [check] = facts["a dry run runs nothing"]["checks"]
    assert check["seen"].startswith("TypeError: string indices must be integers")


def test_a_selection_without_a_test_is_an_error(command: Command, image: str) -> None:
    done = command.run("--yes", *given(image), "--select", "no_such_test")
    assert done.code == 1
    assert "error: no test was selected" in done.err
    assert list_remains() == ["surefoot-echo"]
