"""`rie deploy` from end to end, with moto's CloudFormation, ECR, IAM, Lambda, SQS and logs."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rie.paths import ROOT
from tests.integration.rie.aws.conftest import REGISTRY, REPOSITORY, Rie, push

# moto makes neither alarms nor schedules of CloudFormation's, and warns of it.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:surefoot-echo"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make stdin a terminal; what is written to the descriptor is typed there."""
    keyboard, screen = os.openpty()
    with os.fdopen(screen) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield keyboard
    os.close(keyboard)


def stacks() -> list[Any]:
    client: Any = boto3.client("cloudformation")
    return list(client.describe_stacks()["Stacks"])


def parameters() -> dict[str, str]:
    return {one["ParameterKey"]: one["ParameterValue"] for one in stacks()[0]["Parameters"]}


def change_sets() -> list[Any]:
    client: Any = boto3.client("cloudformation")
    return list(client.list_change_sets(StackName="surefoot-echo")["Summaries"])


def configuration() -> Any:
    client: Any = boto3.client("lambda")
    return client.get_function(FunctionName="surefoot-echo")["Configuration"]


def rows(text: str) -> list[list[str]]:
    """The words of each line: tables are as wide as their cells."""
    return [line.split() for line in text.splitlines()]


def test_a_first_deployment_makes_the_stack_and_prints_the_arn_alone(rie: Rie, image: str) -> None:
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert (done.code, done.out) == (0, f"{ARN}\n")
    assert ["Add", "Function", "AWS::Lambda::Function", "-", "-"] in rows(done.err)
    assert "CREATE_COMPLETE  surefoot-echo  AWS::CloudFormation::Stack" in done.err
    assert done.err.endswith("Next: make invoke TARGET=surefoot-echo FUNCTION=echo\n")
    assert (configuration()["Timeout"], configuration()["MemorySize"]) == (10, 128)


def test_the_role_of_a_deployed_function_has_the_policy_of_policy_json(
    rie: Rie, image: str
) -> None:
    rie("deploy", "echo", "--image", image, "--yes")
    role = configuration()["Role"].rpartition("/")[2]
    client: Any = boto3.client("iam")
    reported = client.get_role_policy(RoleName=role, PolicyName="function")["PolicyDocument"]
    policy = ast.literal_eval(reported)  # moto keeps what Python prints, not JSON
    wanted = json.loads((ROOT / "functions/echo/policy.json").read_text())
    assert [one["Action"] for one in policy["Statement"]] == [
        one["Action"] for one in wanted["Statement"]
    ]
    logs = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/surefoot-echo:*"
    assert policy["Statement"][0]["Resource"] == logs


def test_a_second_deployment_without_changes_says_so_and_leaves_no_change_set(
    rie: Rie, image: str
) -> None:
    rie("deploy", "echo", "--image", image, "--yes")
    made = len(change_sets())
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert (done.code, done.out) == (0, f"{ARN}\n")
    assert "No changes: surefoot-echo already matches functions/echo/template.yaml." in done.err
    assert len(change_sets()) == made


def test_a_secret_parameter_that_is_kept_is_not_shown(rie: Rie, image: str, tmp_path: Path) -> None:
    text = (ROOT / "functions/shell/template.yaml").read_text()
    secret = text.replace(
        "  AppEnv:\n    Type: String\n", "  AppEnv:\n    Type: String\n    NoEcho: true\n"
    )
    assert secret != text
    (tmp_path / "template.yaml").write_text(secret)
    words = ("deploy", str(tmp_path), "--stack", "s", "--image", image, "--yes")
    rie(*words, "--parameter", "AppEnv=hidden")
    done = rie(*words, "--parameter", "Timeout=20")
    assert done.code == 0
    assert "AppEnv" not in done.err
    assert "hidden" not in done.err


def test_an_update_changes_what_was_asked_and_keeps_earlier_parameters(
    rie: Rie, image: str
) -> None:
    rie("deploy", "echo", "--image", image, "--yes", "--parameter", "MemorySize=256")
    done = rie("deploy", "echo", "--image", image, "--yes", "--parameter", "Timeout=20")
    assert done.code == 0
    assert "MemorySize stays '256' as deployed (the template's default: '128')" in done.err
    assert (parameters()["MemorySize"], parameters()["Timeout"]) == ("256", "20")


def test_a_dry_run_prints_the_changes_and_leaves_nothing(rie: Rie, image: str) -> None:
    done = rie("deploy", "echo", "--image", image, "--dry-run")
    assert done.code == 0
    assert rows(done.out)[0][:3] == ["action", "logical", "id"]
    assert "AWS::Scheduler::Schedule" in done.out
    assert "Nothing was changed." in done.err
    assert (stacks(), change_sets()) == ([], [])


def test_a_dry_run_of_an_update_leaves_the_stack_and_no_change_set(rie: Rie, image: str) -> None:
    rie("deploy", "echo", "--image", image, "--yes")
    made = len(change_sets())
    done = rie("deploy", "echo", "--image", image, "--dry-run", "--parameter", "Timeout=20")
    assert done.code == 0
    assert [stack["StackStatus"] for stack in stacks()] == ["CREATE_COMPLETE"]
    assert len(change_sets()) == made
    assert configuration()["Timeout"] == 10


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"yes, please\n", b"\x04"])
def test_a_no_on_the_terminal_changes_nothing(
    rie: Rie, image: str, terminal: int, answer: bytes
) -> None:
    os.write(terminal, answer)
    done = rie("deploy", "echo", "--image", image)
    assert (done.code, done.out) == (1, "")
    assert "Make these changes to surefoot-echo? [y/N]" in done.err
    assert (stacks(), change_sets()) == ([], [])


def test_a_yes_on_the_terminal_deploys(rie: Rie, image: str, terminal: int) -> None:
    os.write(terminal, b"y\n")
    assert rie("deploy", "echo", "--image", image).out == f"{ARN}\n"


def test_an_interrupt_at_the_question_leaves_nothing(
    rie: Rie, image: str, terminal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(question: str, *, yes: bool) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("rie.aws.deploy.rollout.confirm", interrupted)
    assert rie("deploy", "echo", "--image", image).code == 130
    assert (stacks(), change_sets()) == ([], [])


@pytest.mark.parametrize("words", [(), ("--delete",)])
def test_without_a_terminal_a_yes_is_needed_before_anything_is_done(
    rie: Rie, words: tuple[str, ...]
) -> None:
    done = rie("deploy", "echo", *words)
    assert done.code == 1
    assert "stdin is not a terminal" in done.err
    assert "--yes" in done.err


def test_json_is_one_versioned_object(rie: Rie, image: str) -> None:
    done = rie("deploy", "echo", "--image", image, "--yes", "--json")
    record = json.loads(done.out)
    assert (record["version"], record["operation"], record["status"]) == (
        *(1, "create"),
        "CREATE_COMPLETE",
    )
    assert (record["stack"], record["account"], record["region"], record["image"]) == (
        *("surefoot-echo", "123456789012", "eu-west-1"),
        image,
    )
    assert record["function_arn"] == ARN
    assert {one["logical_id"]: one["action"] for one in record["changes"]}["Role"] == "Add"


def test_json_of_a_dry_run_has_the_changes_and_no_status(rie: Rie, image: str) -> None:
    record = json.loads(rie("deploy", "echo", "--image", image, "--dry-run", "--json").out)
    assert record["status"] is None
    assert len(record["changes"]) == 8


def test_a_tag_is_deployed_by_its_digest(rie: Rie, image: str) -> None:
    done = rie("deploy", "echo", "--image", f"{REGISTRY}/{REPOSITORY}:v1", "--yes")
    assert f"Image {image} (tag v1)" in done.err
    assert parameters()["ImageUri"] == image


def test_the_architecture_is_lambdas_word(rie: Rie, image: str) -> None:
    rie("deploy", "echo", "--image", image, "--yes", "--arch", "arm64")
    assert parameters()["Architecture"] == "arm64"


def test_an_image_pushed_for_an_architecture_runs_on_it(rie: Rie, aws: str) -> None:
    rie("deploy", "echo", "--image", push("0.1.0-abc-amd64"), "--yes")
    assert parameters()["Architecture"] == "x86_64"
    done = rie("deploy", "echo", "--image", push("0.1.0-def-arm64"), "--yes")
    assert (done.code, parameters()["Architecture"]) == (0, "arm64")


def test_another_architecture_than_the_images_is_refused(rie: Rie, aws: str) -> None:
    done = rie("deploy", "echo", "--image", push("0.1.0-abc-amd64"), "--arch", "arm64", "--yes")
    assert done.code == 1
    assert "the image was built for amd64, as its tag says; --arch arm64" in done.err
    assert stacks() == []


def test_the_stack_may_have_another_name(rie: Rie, image: str) -> None:
    done = rie("deploy", "echo", "--image", image, "--yes", "--stack", "echo-of-anna")
    assert done.out.endswith(":function:echo-of-anna\n")


def test_a_directory_with_a_template_is_a_function_too(
    rie: Rie, image: str, tmp_path: Path
) -> None:
    folder = tmp_path / "Night_Shift"
    folder.mkdir()
    text = (ROOT / "functions/shell/template.yaml").read_text()
    (folder / "template.yaml").write_text(text)
    done = rie("deploy", str(folder), "--image", image, "--yes")
    assert done.out.endswith(":function:surefoot-night-shift\n")


def test_a_template_with_errors_is_not_sent(
    rie: Rie, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "functions/echo/template.yaml").read_text()
    broken = text.replace("PackageType: Image", "PackageType: Picture")
    (tmp_path / "template.yaml").write_text(broken)
    monkeypatch.chdir(tmp_path)
    done = rie("deploy", str(tmp_path), "--image", image, "--yes", "--stack", "echo")
    line = broken[: broken.index("PackageType: Picture")].count("\n") + 1
    assert done.code == 1
    assert f"  template.yaml:{line}: error E3030: 'Picture' is not one of" in done.err
    assert "cfn-lint found 1 error(s) in template.yaml" in done.err
    assert stacks() == []


def test_the_image_of_the_commit_is_looked_for_when_none_is_named(rie: Rie, image: str) -> None:
    done = rie("deploy", "echo", "--yes")
    assert done.code == 1
    assert f"ECR has no image {REGISTRY}/surefoot-echo:" in done.err
    assert "make push it first" in done.err


def test_an_image_pushed_of_this_commit_is_found(rie: Rie, aws: str) -> None:
    from rie.git_checkout import read_checkout

    uri = push(read_checkout(ROOT / "functions/echo").tag("amd64"))
    done = rie("deploy", "echo", "--yes")
    assert f"Image {uri} (tag " in done.err
    assert done.code == 0


def test_delete_lists_the_resources_and_deletes_them(rie: Rie, image: str) -> None:
    rie("deploy", "echo", "--image", image, "--yes")
    done = rie("deploy", "echo", "--delete", "--yes")
    assert (done.code, done.out) == (0, "")
    assert ["Function", "AWS::Lambda::Function", "surefoot-echo"] in rows(done.err)
    assert "The log group is deleted with its logs." in done.err
    assert "The image stays in ECR." in done.err
    assert done.err.endswith("Stack surefoot-echo is deleted.\n")
    assert stacks() == []


def test_delete_of_nothing_is_no_error(rie: Rie, aws: str) -> None:
    done = rie("deploy", "echo", "--delete", "--yes", "--json")
    assert done.code == 0
    assert "There is no stack surefoot-echo in 123456789012, eu-west-1" in done.err
    assert json.loads(done.out)["operation"] == "none"
