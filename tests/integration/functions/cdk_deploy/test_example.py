"""The function's own app, in Python, with the real CDK: one night, and wrong sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_deploy import errors
from cdk_deploy.app import handler
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy.front import Front

# moto makes no DocumentDB of a template, and says so by a warning.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..DocDB")


def do(step: str, **more: Any) -> Any:
    return invoke(handler, {"step": step, "stack": "nightly", **more}, timeout=300)


def tasks() -> int:
    ecs = boto3.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (name,) = ecs.list_services(cluster=cluster)["serviceArns"]
    return ecs.describe_services(cluster=cluster, services=[name])["services"][0]["desiredCount"]


def databases(template: dict[str, Any]) -> list[str]:
    return [
        resource["Properties"]["DBInstanceClass"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::DocDB::DBInstance"
    ]


def test_the_night_is_a_deployment_with_larger_numbers(
    example: Front, assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quiet hours come from an assembly made before, on a disk that can't be written to."""
    monkeypatch.setenv("CDK_ASSEMBLY", str(assembly))
    assert do("diff")["changed"]
    assert do("deploy")["status"] == "CREATE_COMPLETE"
    assert tasks() == 1
    monkeypatch.delenv("CDK_ASSEMBLY")
    monkeypatch.setenv("CDK_METHOD", "direct")  # moto forgets the outputs of change sets
    large = {"desired_count": 4, "db_class": "db.r6g.large", "db_instances": 3}
    answer = do("deploy", context=large)
    assert answer["status"] == "UPDATE_COMPLETE"
    assert answer["outputs"]["DesiredCount"] == "4"
    assert tasks() == 4
    made = boto3.client("cloudformation").get_template(StackName="nightly")["TemplateBody"]
    assert databases(dict(made)) == ["db.r6g.large"] * 3


@pytest.fixture
def assembly(example: Front, scratch: Path, tmp_path: Path) -> Path:
    template = do("synth")["template"]
    assert databases(template) == ["db.t4g.medium"]
    target = tmp_path / "assembly"
    (scratch / "cdk.out").rename(target)
    for path in (*target.rglob("*"), target):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return target


def test_the_instances_of_the_database_change_one_after_the_other(example: Front) -> None:
    """CloudFormation changes instances at the same time unless they depend on each other."""
    resources = do("synth", context={"db_instances": 3})["template"]["Resources"]
    instances = [f"Database{number}" for number in range(3)]
    assert [resources[name].get("DependsOn") for name in instances] == [
        None,
        ["Database0"],
        ["Database1"],
    ]


def test_a_size_that_is_not_a_number_is_rejected_by_the_app(example: Front) -> None:
    with pytest.raises(errors.CommandFailed, match="desired_count is 'many'; it takes 0 to 1000"):
        do("synth", context={"desired_count": "many"})
