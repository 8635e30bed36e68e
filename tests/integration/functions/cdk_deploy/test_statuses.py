"""prepare changes nothing but its change set, whatever status the stack is in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_deploy import errors
from cdk_deploy.app import handler
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy.front import Front, become

# Answers like the CDK's command line that sees nothing to do, and says that it ran.
CLI = """#!/bin/sh
touch "$CDK_HOME.ran"
"""
MANIFEST = """
mkdir -p "$HOME/cdk.out"
cd "$HOME/cdk.out"
echo '{"Resources": {}}' > plain.json
echo '{"artifacts": {"plain": {"type": "aws:cloudformation:stack",
  "properties": {"templateFile": "plain.json"}}}}' > manifest.json
"""


@pytest.fixture
def ran(cloud: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack called plain, and a CLI of which `ran` exists once it was started."""
    cli = tmp_path / "cdk"
    cli.write_text(CLI)
    monkeypatch.setenv("CDK_NODE", "/bin/sh")
    monkeypatch.setenv("CDK_CLI", str(cli))
    monkeypatch.setenv("CDK_APP_DIR", str(tmp_path / "app"))
    monkeypatch.setenv("CDK_SCRATCH", str(tmp_path / "scratch"))
    (tmp_path / "app").mkdir()
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    boto3.client("cloudformation").create_stack(
        StackName="plain", TemplateBody=json.dumps(template)
    )
    return tmp_path / "scratch" / ".cdk.ran"


def prepare() -> Any:
    return invoke(handler, {"step": "prepare", "stack": "plain"}, timeout=60)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_a_stack_that_the_cdk_would_delete_is_left_alone(
    cloud: Front, ran: Path, status: str
) -> None:
    become("plain", status)
    with pytest.raises(
        errors.DeploymentFailed, match=rf"plain is {status}, .* would delete it; delete it yourself"
    ):
        prepare()
    assert not ran.exists()
    assert "DeleteStack" not in cloud.calls


@pytest.mark.parametrize(
    "status",
    ["UPDATE_ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_FAILED", "IMPORT_ROLLBACK_FAILED"],
)
def test_a_stack_that_cannot_be_updated_is_not_called_unchanged(ran: Path, status: str) -> None:
    become("plain", status)
    with pytest.raises(errors.DeploymentFailed, match=rf"plain is {status} and cannot be updated"):
        prepare()
    assert not ran.exists()


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_a_stack_that_is_being_changed_is_not_called_unchanged(ran: Path, status: str) -> None:
    become("plain", status)
    with pytest.raises(errors.DeploymentFailed, match=rf"plain is {status}; wait until that"):
        prepare()
    assert not ran.exists()


def test_a_deployment_without_changes_after_a_rollback_is_done(ran: Path) -> None:
    """The rollback was another deployment's; this one found nothing to change."""
    cli = ran.parent.parent / "cdk"
    cli.write_text(CLI + MANIFEST)
    become("plain", "UPDATE_ROLLBACK_COMPLETE")
    answer = invoke(handler, {"step": "deploy", "stack": "plain"}, timeout=60)
    assert (answer["done"], answer["changed"], answer["status"]) == (
        *(True, False),
        "UPDATE_ROLLBACK_COMPLETE",
    )


def test_a_diff_that_is_too_long_says_how_much_is_missing(ran: Path) -> None:
    cli = ran.parent.parent / "cdk"
    cli.write_text("#!/bin/sh\nseq 2500; echo 'Number of stacks with differences: 1'\n")
    answer = invoke(handler, {"step": "diff", "stack": "plain"}, timeout=60)
    lines = answer["diff"].splitlines()
    assert lines[0] == "… 501 earlier lines are in the log"
    assert lines[1] == "502"
