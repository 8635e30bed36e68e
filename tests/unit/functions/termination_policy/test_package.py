"""What stands beside the code agrees with it: the policy, the template, the README."""

from __future__ import annotations

import re

import pytest

from rie.aws.deploy.template import parsed
from termination_policy.deadline import MAX_SECONDS, RESERVE_S
from termination_policy.strategies import STRATEGIES
from tests.integration.functions.termination_policy.paths import FUNCTION
from tests.integration.functions.termination_policy.test_faults import ASKING
from tests.support.template_rules import listed, plain, resources

README = (FUNCTION / "README.md").read_text()
TEMPLATE = parsed((FUNCTION / "template.yaml").read_text())


def allowed(role: str) -> set[str]:
    """The actions of one of the two roles."""
    policies = resources(TEMPLATE, "AWS::IAM::Role")[role]["Policies"]
    statements = [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]
    return {action for one in statements for action in listed(one["Action"])}


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_strategy_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"^\| `{name}[:`]", README, re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    ["POLICY", "RESULT_STORE", "GROUP", "SCAN_POLICY", "RESULT_MAX_AGE_S"],
)
def test_each_variable_stands_in_the_readme(name: str) -> None:
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("role", ["Role", "ScanRole"])
def test_both_roles_allow_what_each_strategy_asks(role: str) -> None:
    asked = {*ASKING.values(), "DescribeContainerInstances"}
    if role == "ScanRole":  # it writes the cached result that the other one reads
        asked = asked - {"GetItem"} | {"PutItem", "DescribeAutoScalingGroups", "SendMessage"}
    actions = {action.partition(":")[2] for action in allowed(role)}
    # S3 takes the place of the template's table; the README says what to allow then.
    assert actions == asked - {"GetObject"} | {"CreateLogStream", "PutLogEvents"}
    assert "`s3:GetObject`" in README


def test_auto_scalings_role_may_invoke_the_alias_and_nothing_else_may() -> None:
    permissions = resources(TEMPLATE, "AWS::Lambda::Permission")
    assert len(permissions) == 1
    (permission,) = permissions.values()
    assert plain(permission["FunctionName"]) == "${Alias}"
    assert str(plain(permission["Principal"])).endswith(
        ":role/aws-service-role/autoscaling.amazonaws.com/${ServiceRoleName}"
    )
    alias = resources(TEMPLATE, "AWS::Lambda::Alias")["Alias"]
    assert plain(alias["FunctionVersion"]) == "${Version.Version}"
    assert plain(TEMPLATE["Outputs"]["PolicyArn"]["Value"]) == "${Alias}"


def test_what_changes_the_function_makes_another_version() -> None:
    described = resources(TEMPLATE, "AWS::Lambda::Version")["Version"]["Description"]
    text, values = described["Fn::Sub"]
    assert set(re.findall(r"\$\{(\w+)\}", text)) == {"MemorySize", "Policy", "Digest"}
    assert plain(values["Digest"])["Fn::Select"][0] == 1
    longest = len("10240 MB,  ") + TEMPLATE["Parameters"]["Policy"]["MaxLength"] + 64
    assert longest <= 256  # Source: "AWS::Lambda::Version", CloudFormation Template Reference


def test_lambda_waits_as_long_as_auto_scaling_and_the_deadline_is_before() -> None:
    timeout = TEMPLATE["Parameters"]["Timeout"]
    assert (
        timeout["MinValue"] == timeout["MaxValue"] == timeout["Default"] == MAX_SECONDS + RESERVE_S
    )
