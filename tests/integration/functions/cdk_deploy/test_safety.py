"""What could go wrong at night: a change set twice, lost data, lost lookups, printed secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_deploy import errors
from cdk_deploy.app import handler
from surefoot.kit.errors import UserError
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy.front import Form, Front, become, stack_of

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}
TOPIC = {"Type": "AWS::SNS::Topic"}
# In the place of the CDK's command line: writes an assembly, and makes the change set.
CLI = """
import json, os, pathlib, sys
words = sys.argv[1:]
pathlib.Path(os.environ["HOME"], "words").write_text(json.dumps(words))
exec(pathlib.Path(__file__).with_name("more.py").read_text())
options = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
out = pathlib.Path(options["output"])
out.mkdir(exist_ok=True)
template = json.loads(pathlib.Path(__file__).with_name("template.json").read_text())
(out / "plain.template.json").write_text(json.dumps(template))
properties = {"templateFile": "plain.template.json"}
artifacts = {"plain": {"type": "aws:cloudformation:stack", "properties": properties}}
(out / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
if "change-set-name" in options:
    import boto3
    client = boto3.client("cloudformation")
    name = options["change-set-name"]
    client.delete_change_set(StackName="plain", ChangeSetName=name)
    client.create_change_set(
        StackName="plain", ChangeSetName=name, ChangeSetType="UPDATE",
        TemplateBody=json.dumps(template),
    )
"""


class Cli:
    """The script in the place of the CDK, and what it writes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.scratch = folder, folder / "scratch"
        (folder / "app").mkdir()
        (folder / "cdk").write_text(CLI)
        self.does("")
        self.template(Topic=TOPIC)

    def does(self, code: str) -> None:
        """Run this, too."""
        (self.folder / "more.py").write_text(code)

    def template(self, **resources: Any) -> None:
        """Synthesise these resources."""
        (self.folder / "template.json").write_text(json.dumps({"Resources": resources}))

    @property
    def words(self) -> list[str]:
        """The arguments of the last run."""
        words: list[str] = json.loads((self.scratch / "words").read_text())
        return words


@pytest.fixture
def cli(cloud: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A stack called plain with a topic, and a script for the CDK."""
    import sys

    made = Cli(tmp_path)
    monkeypatch.setenv("CDK_NODE", sys.executable)
    monkeypatch.setenv("CDK_CLI", str(tmp_path / "cdk"))
    monkeypatch.setenv("CDK_APP_DIR", str(tmp_path / "app"))
    monkeypatch.setenv("CDK_SCRATCH", str(made.scratch))
    boto3.client("cloudformation").create_stack(
        StackName="plain", TemplateBody=json.dumps({"Resources": {"Old": TOPIC}})
    )
    return made


def do(step: str, **more: Any) -> Any:
    return invoke(handler, {"step": step, "stack": "plain", **more}, timeout=120)


def go_on(answer: Any) -> Any:
    return invoke(handler, answer["next"], timeout=120)


def test_the_same_prepare_twice_deploys_once(cli: Cli, cloud: Front) -> None:
    first, second = do("prepare"), do("prepare")
    assert first["next"]["change_set"] == second["next"]["change_set"]
    answers = [go_on(go_on(prepared)) for prepared in (first, second)]
    assert {answer["status"] for answer in answers} == {"UPDATE_COMPLETE"}
    assert cloud.calls.count("ExecuteChangeSet") == 1


def test_another_context_has_another_change_set(cli: Cli) -> None:
    names = {do("prepare", context={"size": size})["next"]["change_set"] for size in (1, 2)}
    assert len(names) == 2


def test_what_was_approved_is_executed_and_nothing_else(cli: Cli, cloud: Front) -> None:
    approved = do("prepare")
    cli.template(Topic=TOPIC, Other=TOPIC)
    do("prepare")
    with pytest.raises(errors.RequestError, match="was prepared again, and its changes are others"):
        go_on(approved)
    assert "ExecuteChangeSet" not in cloud.calls


def test_a_change_set_is_executed_by_its_id_with_a_token_of_its_own(cli: Cli, cloud: Front) -> None:
    forms: list[Form] = []
    cloud.instead["ExecuteChangeSet"] = forms.append
    for _ in range(2):
        go_on(do("prepare"))
    assert all(form["ChangeSetName"].startswith("arn:aws:cloudformation:") for form in forms)
    assert len({form["ChangeSetName"] for form in forms}) == 2
    assert len({form["ClientRequestToken"] for form in forms}) == 2
    assert all(len(form["ClientRequestToken"]) <= 128 for form in forms)


def test_a_prepare_that_comes_while_its_change_set_is_executed_follows_it(
    cli: Cli, cloud: Front
) -> None:
    name = do("prepare")["next"]["change_set"]
    become("plain", "UPDATE_IN_PROGRESS")
    sets = stack_of("plain")
    from moto.cloudformation.models import cloudformation_backends

    found = [
        each
        for each in cloudformation_backends["123456789012"]["eu-west-1"].change_sets.values()
        if each.change_set_name == name
    ]
    assert sets
    found[-1].execution_status = "EXECUTE_IN_PROGRESS"
    again = do("prepare")
    assert (again["done"], again["next"]["step"]) == (False, "poll")


def test_data_is_not_lost_without_approval(cli: Cli, cloud: Front) -> None:
    cli.template(Table=TABLE, Topic=TOPIC)
    go_on(go_on(do("prepare")))
    cli.template(Topic=TOPIC)
    with pytest.raises(errors.ApprovalNeeded, match=r"AWS::DynamoDB::Table Table; .*\"execute\""):
        do("prepare", self_invoke=True)
    assert cloud.invoked == []
    seen = do("prepare")
    assert seen["losses"] == ["AWS::DynamoDB::Table Table"]
    assert go_on(go_on(seen))["status"] == "UPDATE_COMPLETE"


def test_losing_nothing_needs_no_approval(cli: Cli, cloud: Front) -> None:
    assert do("prepare", self_invoke=True)["next"]["step"] == "execute"
    assert len(cloud.invoked) == 1


def instances(*, ordered: bool) -> dict[str, Any]:
    made = {
        name: {
            "Type": "AWS::DocDB::DBInstance",
            "Properties": {"DBClusterIdentifier": "orders", "DBInstanceClass": "db.r6g.large"},
        }
        for name in ("A", "B")
    }
    if ordered:
        made["B"]["DependsOn"] = "A"
    return made


@pytest.mark.parametrize("step", ["prepare", "deploy"])
def test_a_template_that_changes_a_whole_cluster_at_once_is_not_deployed(
    cli: Cli, cloud: Front, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.does("template_only = True")
    cli.template(**instances(ordered=False))
    with pytest.raises(errors.UnsafeTemplate, match="change A, B of the cluster orders at once"):
        do(step)
    assert "ExecuteChangeSet" not in cloud.calls
    assert step == "prepare" or "synth" in cli.words
    monkeypatch.setenv("CDK_INSTANCE_ORDER", "ignore")
    if step == "deploy":
        do(step)
        assert "deploy" in cli.words


def test_what_is_deployed_is_the_assembly_that_was_checked(cli: Cli) -> None:
    do("deploy")
    assert f"--app={cli.scratch / 'cdk.out'}" in cli.words
    assert "--exclusively" in cli.words


LOOKS_UP = """
path = pathlib.Path("cdk.context.json")
known = json.loads(path.read_text()) if path.exists() else {}
known.setdefault("zones", LOOKED_UP)
path.write_text(json.dumps(known))
"""


def looks_up(cli: Cli, zones: str) -> None:
    cli.does(LOOKS_UP.replace("LOOKED_UP", json.dumps(zones)))


def used(cli: Cli) -> Any:
    return json.loads((cli.scratch / "cdk.work" / "cdk.context.json").read_text())["zones"]


def test_what_the_cdk_looked_up_is_reported(cli: Cli) -> None:
    looks_up(cli, "a, b")
    assert do("prepare")["looked_up"] == ["zones"]


def test_the_context_that_is_shipped_is_used(cli: Cli) -> None:
    (cli.folder / "app" / "cdk.context.json").write_text('{"zones": "shipped"}')
    looks_up(cli, "a, b")
    assert "looked_up" not in do("prepare")
    assert used(cli) == "shipped"


def test_what_was_looked_up_is_kept_in_s3_for_the_next_night(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    monkeypatch.setenv("CDK_CONTEXT_OBJECT", "s3://kept/cdk.context.json")
    looks_up(cli, "a, b")
    assert do("prepare")["looked_up"] == ["zones"]
    looks_up(cli, "b, c")
    assert "looked_up" not in do("prepare")
    assert used(cli) == "a, b"
    body = s3.get_object(Bucket="kept", Key="cdk.context.json")["Body"].read()
    assert json.loads(body) == {"zones": "a, b"}


PASSWORD = "correct-horse-battery"


def from_secrets_manager() -> str:
    boto3.client("secretsmanager").create_secret(
        Name="db", SecretString=json.dumps({"user": "me", "x": [PASSWORD]})
    )
    return "secretsmanager:db"


def from_ssm() -> str:
    boto3.client("ssm").put_parameter(Name="/db", Value=PASSWORD, Type="SecureString")
    return "ssm:/db"


def from_environment() -> str:
    return "env:PLAIN_NAME"


def from_context() -> str:
    return "context:plain"


@pytest.mark.parametrize(
    "declare", [from_secrets_manager, from_ssm, from_environment, from_context]
)
def test_a_declared_secret_is_masked_wherever_it_is_printed(
    cli: Cli,
    declare: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("PLAIN_NAME", PASSWORD)
    monkeypatch.setenv("CDK_SECRETS", declare())
    cli.does(f"print('it is {PASSWORD}.'); sys.exit(3)")
    with pytest.raises(errors.CommandFailed, match=r"it is \*\*\*\*\.") as caught:
        do("synth", context={"plain": PASSWORD})
    assert PASSWORD not in str(caught.value) + caplog.text


def test_an_app_declares_a_secret_itself(cli: Cli, caplog: pytest.LogCaptureFixture) -> None:
    cli.does(f"print('::add-mask::{PASSWORD}'); print('it is {PASSWORD}.'); sys.exit(3)")
    with pytest.raises(errors.CommandFailed, match=r"it is \*\*\*\*\.") as caught:
        do("synth")
    assert PASSWORD not in str(caught.value) + caplog.text


def test_a_secret_that_may_not_be_read_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_SECRETS", "secretsmanager:lost")
    with pytest.raises(UserError, match="secretsmanager:GetSecretValue failed"):
        do("synth")


def roll(cloud: Front, action: str) -> list[Form]:
    forms: list[Form] = []
    cloud.instead[action] = forms.append
    return forms


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("UPDATE_FAILED", "RollbackStack"),
        ("CREATE_FAILED", "RollbackStack"),
        ("UPDATE_IN_PROGRESS", "CancelUpdateStack"),
    ],
)
def test_rollback_begins_and_is_followed_to_its_end(
    cli: Cli, cloud: Front, status: str, action: str
) -> None:
    become("plain", "UPDATE_IN_PROGRESS")
    become("plain", status)
    forms = roll(cloud, action)
    begun = do("rollback")
    assert [form["StackName"] for form in forms] == ["plain"]
    assert forms[0]["ClientRequestToken"].startswith("surefoot-")
    assert cloud.calls.index("AssumeRole") < cloud.calls.index(action)
    become("plain", "UPDATE_ROLLBACK_IN_PROGRESS")
    become("plain", "UPDATE_ROLLBACK_COMPLETE")
    ended = go_on(begun)
    assert (ended["done"], ended["status"]) == (True, "UPDATE_ROLLBACK_COMPLETE")


def test_resume_goes_on_with_a_rollback_that_failed(cli: Cli, cloud: Front) -> None:
    become("plain", "UPDATE_IN_PROGRESS")
    become("plain", "UPDATE_ROLLBACK_FAILED")
    forms = roll(cloud, "ContinueUpdateRollback")
    begun = do("resume", skip=["Table"])
    assert forms[0]["ResourcesToSkip.member.1"] == "Table"
    become("plain", "UPDATE_ROLLBACK_IN_PROGRESS")
    become("plain", "UPDATE_ROLLBACK_COMPLETE")
    assert go_on(begun)["done"]


def test_a_rollback_that_fails_is_a_failure(cli: Cli, cloud: Front) -> None:
    become("plain", "UPDATE_IN_PROGRESS")
    become("plain", "UPDATE_FAILED")
    roll(cloud, "RollbackStack")
    begun = do("rollback")
    become("plain", "UPDATE_ROLLBACK_IN_PROGRESS")
    become("plain", "UPDATE_ROLLBACK_FAILED")
    with pytest.raises(errors.DeploymentFailed, match="plain is UPDATE_ROLLBACK_FAILED"):
        go_on(begun)


@pytest.mark.parametrize(
    ("step", "status", "words"),
    [
        ("rollback", "UPDATE_COMPLETE", "no rollback; see poll"),
        ("rollback", "UPDATE_ROLLBACK_FAILED", "no rollback; use resume"),
        ("resume", "UPDATE_FAILED", "not UPDATE_ROLLBACK_FAILED"),
    ],
)
def test_a_stack_that_has_nothing_to_roll_back_is_left_alone(
    cli: Cli, cloud: Front, step: str, status: str, words: str
) -> None:
    become("plain", status)
    with pytest.raises(errors.RequestError, match=words):
        do(step)
    assert "AssumeRole" not in cloud.calls


def test_a_durable_function_goes_from_prepare_to_the_end(
    cli: Cli, cloud: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.durable_runner import DurableFunctionTestRunner, close_loop

    monkeypatch.setenv("CDK_CONTINUE_BY", "durable")
    with DurableFunctionTestRunner(handler, poll_interval=0.01) as runner:
        result = runner.run(json.dumps({"step": "prepare", "stack": "plain"}))
    close_loop(runner)
    answer = json.loads(str(result.result))
    assert (answer["step"], answer["done"], answer["status"]) == ("poll", True, "UPDATE_COMPLETE")
    assert cloud.calls.count("ExecuteChangeSet") == 1
    assert cloud.invoked == []
