"""What stands beside the code agrees with it: the policy, the template, the README."""

from __future__ import annotations

import json
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
    allowed = [plain(one) for one in statements]
    return {a for one in allowed if one["Effect"] == "Allow" for a in listed(one["Action"])}


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_strategy_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"^\| `{name}[:`]", README, re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    [
        *("POLICY", "RESULT_STORE", "GROUP", "SCAN_POLICY", "RESULT_MAX_AGE_S"),
        *("CAPACITY_UNITS", "OTHER_ZONES", "BUSY_TABLE"),
    ],
)
def test_each_variable_stands_in_the_readme(name: str) -> None:
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_each_parameter_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`", README, re.MULTILINE)


def test_each_variable_can_be_set_through_the_template() -> None:
    functions = resources(TEMPLATE, "AWS::Lambda::Function")
    set_ = {name for one in functions.values() for name in one["Environment"]["Variables"]}
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert set_ == described


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_each_parameter_is_used(name: str) -> None:
    body = json.dumps({key: TEMPLATE[key] for key in ("Resources", "Conditions")})
    assert f'"Ref": "{name}"' in body or f"${{{name}}}" in body


MORE = {"DescribeContainerInstances", "ListServices", "ListTasks", "DescribeTasks"}
UNITS = {"DescribeAutoScalingGroups", "DescribeInstanceTypes"}  # of CAPACITY_UNITS=group
INTERFACES = {
    *("AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface"),
    *("DescribeNetworkInterfaces", "DescribeSubnets", "UnassignPrivateIpAddresses"),
}


@pytest.mark.parametrize("role", ["Role", "ScanRole"])
def test_both_roles_allow_what_each_strategy_asks(role: str) -> None:
    asked = {*ASKING.values()} | MORE
    if role == "ScanRole":  # it writes the cached result that the other one reads
        asked = asked - {"GetItem", "GetObject"} | {"PutItem", "PutObject", "SendMessage"}
        asked |= {"DescribeAutoScalingGroups"}
    else:
        asked |= UNITS | {"ListBucket"}
    actions = {action.partition(":")[2] for action in allowed(role)}
    assert actions == asked | {"CreateLogStream", "PutLogEvents"} | INTERFACES


@pytest.mark.parametrize(("role", "function"), [("Role", ""), ("ScanRole", "-scan")])
def test_interfaces_are_for_lambda_and_not_for_the_code(role: str, function: str) -> None:
    policies = resources(TEMPLATE, "AWS::IAM::Role")[role]["Policies"]
    statements = [plain(one) for p in policies for one in p["PolicyDocument"]["Statement"]]
    (denied,) = (one for one in statements if one["Effect"] == "Deny")
    assert {*denied["Action"]} == {
        f"ec2:{action}" for action in INTERFACES if not action.startswith("Describe")
    }
    arn = denied["Condition"]["ArnLike"]["lambda:SourceFunctionArn"]
    assert arn.endswith(f":function:${{AWS::StackName}}{function}*")


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
    changing = {"MemorySize", "Policy", "CapacityUnits", "OtherZones", "Revision", "Digest"}
    assert set(re.findall(r"\$\{(\w+)\}", text)) == changing
    assert plain(values["Digest"])["Fn::Select"][0] == 1
    parameters = TEMPLATE["Parameters"]
    free = sum(parameters[name]["MaxLength"] for name in ("Policy", "CapacityUnits"))
    longest = len("10240 MB, , , yes, 9999 ") + free + 64
    assert longest <= 256  # Source: "AWS::Lambda::Version", CloudFormation Template Reference


def test_lambda_waits_as_long_as_auto_scaling_and_the_deadline_is_before() -> None:
    timeout = TEMPLATE["Parameters"]["Timeout"]
    assert (
        timeout["MinValue"] == timeout["MaxValue"] == timeout["Default"] == MAX_SECONDS + RESERVE_S
    )
