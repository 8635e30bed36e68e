from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rie.aws.deploy import template
from tests.acceptance.aws.template import make_template
from tests.acceptance.functions import FUNCTIONS


def read(*, reserves: bool = True) -> dict[str, dict[str, Any]]:
    resources: dict[str, dict[str, Any]] = json.loads(make_template(reserves=reserves))["Resources"]
    return resources


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == kind]


@pytest.mark.parametrize("reserves", [True, False])
def test_cfn_lint_finds_nothing_wrong(tmp_path: Path, reserves: bool) -> None:
    path = tmp_path / "template.json"
    path.write_text(make_template(reserves=reserves))
    found = template.lint(path, "eu-west-1")
    assert [str(each) for each in found if each.severity != "informational"] == []


def test_it_can_be_sent_with_the_call(tmp_path: Path) -> None:
    assert len(make_template(reserves=True).encode()) < template.MAX_BODY_BYTES


def test_every_function_is_there_with_a_log_group() -> None:
    resources = read()
    names = {
        each["FunctionName"]["Fn::Sub"] for each in of_type(resources, "AWS::Lambda::Function")
    }
    assert names == {f"${{AWS::StackName}}-{name}" for name in FUNCTIONS}
    assert len(of_type(resources, "AWS::Logs::LogGroup")) == len(FUNCTIONS)


def test_everything_is_deleted_with_the_stack() -> None:
    assert {each["DeletionPolicy"] for each in read().values()} == {"Delete"}


def test_nothing_is_public() -> None:
    resources = read()
    urls = of_type(resources, "AWS::Lambda::Url")
    assert urls
    assert {each["AuthType"] for each in urls} == {"AWS_IAM"}
    assert of_type(resources, "AWS::Lambda::Permission") == []


def test_the_role_names_what_it_allows() -> None:
    [role] = of_type(read(), "AWS::IAM::Role")
    [policy] = role["Policies"]
    open_to_all = [
        each["Action"] for each in policy["PolicyDocument"]["Statement"] if each["Resource"] == "*"
    ]
    assert open_to_all == ["application-autoscaling:DescribeScalableTargets"]


def test_snapstart_is_reached_by_an_alias_of_a_published_version() -> None:
    resources = read()
    assert resources["Snapshot"]["Properties"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    [alias] = of_type(resources, "AWS::Lambda::Alias")
    assert alias["FunctionVersion"] == {"Fn::GetAtt": ["SnapshotVersion", "Version"]}


def test_concurrency_is_reserved_where_the_account_allows_it() -> None:
    def reserved(*, reserves: bool) -> list[Any]:
        functions = of_type(read(reserves=reserves), "AWS::Lambda::Function")
        values = [each.get("ReservedConcurrentExecutions") for each in functions]
        return [each for each in values if each is not None]

    assert reserved(reserves=True) == [1]
    assert reserved(reserves=False) == []
