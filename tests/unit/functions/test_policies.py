"""The policies of functions that look at networks: each action has a reason, none is too broad.

Parliament checks them against AWS's service authorization reference: whether actions, resources
and condition keys exist and fit each other. What it does not know is named here with the reason.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from rie.paths import ROOT
from tests.support.template_rules import listed

FUNCTIONS = ("eni_cleanup", "termination_policy", "vpc_check")
# Actions that the code calls, by the file that does.
CALLED: dict[str, dict[str, list[str]]] = {
    "eni_cleanup": {
        "interfaces.py": [
            *("ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"),
            "ec2:DetachNetworkInterface",
        ],
        "inventory.py": ["lambda:ListFunctions"],
        "detach.py": [
            *("lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"),
            *("lambda:TagResource", "lambda:ListTags"),
        ],
        "versions.py": [
            *("lambda:ListVersionsByFunction", "lambda:ListAliases"),
            *("lambda:DeleteAlias", "lambda:DeleteFunction"),
        ],
        "stack.py": [
            *("cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"),
            *("cloudformation:DescribeChangeSet", "cloudformation:ListStackResources"),
            "cloudformation:GetTemplate",
        ],
    },
    "termination_policy": {
        "instances.py": ["ec2:DescribeInstances"],
        "capacity.py": ["autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstanceTypes"],
        "kubernetes.py": ["eks:DescribeCluster", "secretsmanager:GetSecretValue"],
        "stores/dynamodb.py": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "stores/s3.py": ["s3:GetObject", "s3:PutObject"],
        "strategies/metric_below.py": ["cloudwatch:GetMetricData"],
        "strategies/not_busy.py": ["dynamodb:BatchGetItem"],
        "strategies/idle_ecs.py": [
            *("ecs:ListContainerInstances", "ecs:DescribeContainerInstances"),
            *("ecs:ListServices", "ecs:ListTasks", "ecs:DescribeTasks"),
        ],
    },
    "vpc_check": {
        "aws/collect.py": [
            *("ec2:DescribeDhcpOptions", "ec2:DescribeInternetGateways"),
            *("ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls"),
            *("ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists"),
            *("ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupVpcAssociations"),
            *("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcAttribute"),
            *("ec2:DescribeVpcEndpoints", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs"),
            *("ec2:GetManagedPrefixListEntries", "servicequotas:GetServiceQuota"),
            *("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
            *("lambda:GetFunctionConfiguration", "lambda:GetCapacityProvider"),
            *("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
            *("iam:ListRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion"),
        ],
        "aws/flow_logs.py": ["logs:FilterLogEvents"],
        "aws/public_interfaces.py": [
            *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups"),
        ],
        "aws/lookups.py": [
            *("ec2:DescribeTransitGatewayVpcAttachments", "ec2:SearchTransitGatewayRoutes"),
            *("ec2:DescribeTransitGatewayAttachments", "ec2:DescribeFlowLogs"),
            *("elasticloadbalancing:DescribeLoadBalancers", "rds:DescribeDBProxies"),
            *("elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups"),
            *("elasticache:DescribeCacheSubnetGroups", "elasticache:DescribeServerlessCaches"),
            *("rds:DescribeDBProxyEndpoints", "cloudwatch:GetMetricData"),
            *("route53resolver:ListFirewallRuleGroupAssociations",),
            *("route53resolver:ListFirewallRules", "route53resolver:ListFirewallDomains"),
            *("route53resolver:ListResolverRuleAssociations", "route53resolver:GetResolverRule"),
        ],
    },
}
_LOG = dict.fromkeys(("logs:CreateLogStream", "logs:PutLogEvents"), "Lambda writes the log")
_INTERFACES = dict.fromkeys(
    (
        *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface"),
        *("ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"),
    ),
    "Lambda makes the interfaces of a function in a VPC with its role",
)
_QUEUE = {"sqs:SendMessage": "Lambda keeps events that failed"}
# Actions that the code does not call, or not by their name.
OTHERS: dict[str, dict[str, str]] = {
    "eni_cleanup": {
        **_LOG,
        **_QUEUE,
        "lambda:InvokeFunction": "surefoot.kit.self_invoke goes on in another invocation",
        "ec2:DescribeSecurityGroups": "Lambda requires it of who changes a VpcConfig",
        "ec2:DescribeSubnets": "Lambda requires it of who changes a VpcConfig",
        "ec2:DescribeVpcs": "Lambda requires it of who changes a VpcConfig",
    },
    "termination_policy": {
        **_LOG,
        **_QUEUE,
        **_INTERFACES,
        "ec2:DescribeNetworkInterfaces": "Lambda looks for an interface to share",
        "ec2:DescribeSubnets": "Lambda looks for room in the subnets",
        "s3:ListBucket": "without it S3 calls a missing object forbidden",
    },
    "vpc_check": {**_LOG, **_INTERFACES},
}
# Actions without resources, or whose resources are not known beforehand: "*" is all there is.
STAR = {
    "eni_cleanup": {"ec2:Describe", "lambda:ListFunctions"},
    "termination_policy": {
        *("autoscaling:Describe", "cloudwatch:GetMetricData", "ec2:Describe", "ecs:ListServices"),
        *_INTERFACES,
    },
    "vpc_check": {
        *("cloudwatch:GetMetricData", "ec2:Describe", "elasticloadbalancing:Describe"),
        *("servicequotas:GetServiceQuota", "route53resolver:ListFirewallRuleGroupAssociations"),
        "route53resolver:ListResolverRuleAssociations",
        *_INTERFACES,
    },
}
# What parliament does not know, or does not understand.
ALLOWED_ISSUES = {
    ("UNKNOWN_ACTION", "lambda:GetCapacityProvider"),  # of 2025
    # Keys of the caller, which every service has: "lambda:SourceFunctionArn", Lambda guide.
    ("UNKNOWN_CONDITION_FOR_ACTION", "lambda:SourceFunctionArn"),
    # Lambda's own use; the code is denied it. AWSLambdaVPCAccessExecutionRole has "*", too.
    ("RESOURCE_STAR", "ec2:CreateNetworkInterface"),
    # One statement for each of the two resources: interfaces here, instances of Lambda's account.
    ("RESOURCE_MISMATCH", "ec2:DetachNetworkInterface"),
    ("INVALID_ARN", "Account expected"),  # arn:aws:iam::aws:policy/* are AWS's own policies
}
_VALUES = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}


# In a process of its own: parliament leaves files open while it is imported.
_PROGRAM = """
import json, sys
from parliament import analyze_policy_string
found = analyze_policy_string(sys.stdin.read()).findings
print(json.dumps([[each.issue, str(each.detail)] for each in found]))
"""


def analyse(text: str) -> list[tuple[str, str]]:
    """Parliament's findings: issue and detail."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], input=text, capture_output=True, text=True, check=True
    )
    return [(issue, detail) for issue, detail in json.loads(done.stdout)]


def document(function: str) -> str:
    """policy.json with values for what CloudFormation fills in."""
    text = (ROOT / "functions" / function / "policy.json").read_text()
    for name, value in _VALUES.items():
        text = text.replace(f"${{{name}}}", value)
    resource = "arn:aws:dynamodb:eu-west-1:123456789012:table/x"
    for name in ("Results.Arn", "BusyInstances.Arn"):
        text = text.replace(f"${{{name}}}", resource)
    text = text.replace("${DeadLetterQueue.Arn}", "arn:aws:sqs:eu-west-1:123456789012:x")
    secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
    text = text.replace("${KubernetesSecretArn}", secret)
    return re.sub(r"\$\{\w+(::\w+)?\}", "x", text)


def statements(function: str) -> list[dict[str, Any]]:
    return list(json.loads(document(function))["Statement"])


def actions(function: str) -> set[str]:
    return {action for one in statements(function) for action in listed(one["Action"])}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_action_has_a_reason_and_every_reason_an_action(function: str) -> None:
    called = {action for names in CALLED[function].values() for action in names}
    assert actions(function) == called | set(OTHERS[function])
    assert all(OTHERS[function].values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_actions_that_the_code_calls_are_called_where_it_says(function: str) -> None:
    for name, called in CALLED[function].items():
        source = (ROOT / "functions" / function / function / name).read_text()
        for action in called:
            operation = xform_name(action.partition(":")[2])
            # boto3 writes some names in another way than the rule for them has it.
            spelled = {operation, operation.replace("_d_b_", "_db_")}
            assert any(each in source for each in spelled), f"{name} does not call {action}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_parliament_finds_nothing(function: str) -> None:
    poor = [
        (issue, detail)
        for issue, detail in analyse(document(function))
        if not any(issue == known and text in detail for known, text in ALLOWED_ISSUES)
    ]
    assert poor == []


def test_parliament_finds_an_action_that_does_not_exist() -> None:
    wrong = document("eni_cleanup").replace("lambda:ListFunctions", "lambda:ListAllFunctions")
    assert ("UNKNOWN_ACTION", "Unknown action lambda:ListAllFunctions") in analyse(wrong)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_what_has_no_resources_is_allowed_on_all(function: str) -> None:
    def broad() -> Iterator[str]:
        for one in statements(function):
            if "*" in listed(one["Resource"]) and one["Effect"] == "Allow":
                yield from listed(one["Action"])

    poor = [name for name in broad() if not any(name.startswith(each) for each in STAR[function])]
    assert poor == []


@pytest.mark.parametrize("function", ["termination_policy", "vpc_check"])
def test_lambda_may_make_interfaces_and_the_code_may_not(function: str) -> None:
    denied = [one for one in statements(function) if one["Effect"] == "Deny"]
    assert denied
    for one in denied:
        assert set(one["Action"]) == set(_INTERFACES)
        (arn,) = one["Condition"]["ArnLike"].values()
        assert set(one["Condition"]["ArnLike"]) == {"lambda:SourceFunctionArn"}
        assert ":function:x" in arn


def test_eni_cleanup_adds_no_layer_sets_its_own_tags_and_deletes_versions_only() -> None:
    by_action = {a: one for one in statements("eni_cleanup") for a in listed(one["Action"])}
    update = by_action["lambda:UpdateFunctionConfiguration"]
    assert update["Condition"] == {"Null": {"lambda:Layer": "true"}}
    tag = by_action["lambda:TagResource"]["Condition"]
    assert tag["ForAllValues:StringLike"] == {"aws:TagKeys": "eni-cleanup*"}
    assert tag["Null"] == {"aws:TagKeys": "false"}
    assert by_action["lambda:DeleteFunction"]["Resource"].endswith(":function:*:*")
    assert by_action["lambda:InvokeFunction"]["Resource"].endswith(":function:x")


@pytest.mark.parametrize("path", [ROOT / "functions" / name for name in FUNCTIONS])
def test_each_statement_has_a_name(path: Path) -> None:
    names = [one["Sid"] for one in json.loads((path / "policy.json").read_text())["Statement"]]
    assert len(names) == len(set(names))
    assert all(names)
