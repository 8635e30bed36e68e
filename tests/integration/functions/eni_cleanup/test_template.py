"""The templates: what is special about this function. tests/unit/rie/aws/deploy checks the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfnlint.api import lint_file

from rie.aws.deploy.template import parsed
from rie.paths import ROOT

FOLDER = ROOT / "functions" / "eni_cleanup"


def _resources(name: str) -> dict[str, Any]:
    return dict(parsed((FOLDER / name).read_text())["Resources"])


@pytest.mark.parametrize("name", ["template.yaml", "example.yaml"])
def test_cfn_lint_finds_nothing(name: str) -> None:
    assert lint_file(FOLDER / name) == []


def test_the_resource_is_deleted_before_its_functions_and_their_roles() -> None:
    resources = _resources("example.yaml")
    function = resources["Function"]["Properties"]
    resource = resources["Interfaces"]
    assert resource["Properties"]["FunctionNames"] == [{"Ref": "Function"}]
    assert function["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert set(resource["DependsOn"]) == {"Function", "Role"}


def test_it_may_go_on_in_invocations_of_itself_and_is_in_no_vpc() -> None:
    resources = _resources("template.yaml")
    function = resources["Function"]["Properties"]
    assert function["RecursiveLoop"] == "Allow"
    assert "VpcConfig" not in function
    assert function["Timeout"] == {"Ref": "Timeout"}
    variables = function["Environment"]["Variables"]
    assert variables["SUREFOOT_DEADLINE_RAISE"] == "1"
    assert int(variables["SUREFOOT_DEADLINE_MARGIN_MS"]) < 60_000
    assert resources["Retries"]["Properties"]["MaximumRetryAttempts"] == 2


def test_the_policy_allows_every_call_and_no_more() -> None:
    policy = json.loads((FOLDER / "policy.json").read_text())
    actions = {
        action
        for statement in policy["Statement"]
        for action in [statement["Action"]]
        for action in ([action] if isinstance(action, str) else action)
    }
    assert actions == {
        *["ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"],
        *["ec2:DetachNetworkInterface", "lambda:ListFunctions", "lambda:ListTags"],
        *["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"],
        *["lambda:TagResource", "lambda:InvokeFunction", "cloudformation:DescribeStacks"],
        *["cloudformation:DescribeStackEvents", "cloudformation:GetTemplate"],
        *["cloudformation:ListStackResources", "cloudformation:DescribeChangeSet"],
        *["lambda:ListVersionsByFunction", "lambda:ListAliases"],
        *["lambda:DeleteAlias", "lambda:DeleteFunction"],
        # Lambda demands these of the role that changes a VpcConfig; the function never calls them.
        *["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
        *["sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents"],
    }
