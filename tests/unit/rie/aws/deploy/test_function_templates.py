"""Every function's template: valid, complete, and with the policy that policy.json says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from rie.aws.deploy import template as templates
from rie.aws.deploy.template import parsed
from rie.paths import ROOT
from tests.support.aws import REGION
from tests.support.template_rules import canonical, complaints, role_policy

TEMPLATES = sorted((ROOT / "functions").glob("*/template.yaml"))
POLICIES = [path for path in TEMPLATES if (path.parent / "policy.json").is_file()]
ECHO = ROOT / "functions/echo/template.yaml"


def name(path: Path) -> str:
    return path.parent.name


def content(path: Path) -> dict[str, Any]:
    return dict(parsed(path.read_text()))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_cfn_lint_finds_nothing(path: Path) -> None:
    assert [str(finding) for finding in templates.lint(path, REGION)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_it_has_every_required_part(path: Path) -> None:
    assert complaints(content(path)) == []


@pytest.mark.parametrize("path", POLICIES, ids=name)
def test_its_role_allows_what_policy_json_says(path: Path) -> None:
    policy = json.loads((path.parent / "policy.json").read_text())
    assert role_policy(content(path)) == canonical(policy["Statement"])


def test_the_examples_that_others_are_compared_with_are_there() -> None:
    assert {"echo", "shell"} <= {name(path) for path in POLICIES}


def without(*keys: str) -> dict[str, Any]:
    """Echo's template with one of its parts taken out."""
    changed = copy.deepcopy(content(ECHO))
    part = changed
    for key in keys[:-1]:
        part = part[key]
    del part[keys[-1]]
    return changed


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        (("Parameters", "ImageUri"), "no parameter ImageUri"),
        (
            ("Parameters", "ImageUri", "AllowedPattern"),
            "ImageUri's AllowedPattern must take a digest and refuse a tag",
        ),
        (("Resources", "Function"), "no function"),
        (
            ("Resources", "Function", "Properties", "PackageType"),
            "Function: PackageType is not Image",
        ),
        (
            ("Resources", "Function", "Properties", "Code"),
            "Function: its image is not the parameter ImageUri",
        ),
        (("Resources", "Function", "Properties", "Timeout"), "Function: no Timeout"),
        (("Resources", "LogGroup"), "no log group"),
        (
            ("Resources", "LogGroup", "Properties", "RetentionInDays"),
            "LogGroup: logs are kept for ever",
        ),
        (
            ("Resources", "Function", "Properties", "DeadLetterConfig"),
            "not waited for, and neither a dead-letter queue nor an OnFailure destination",
        ),
        (("Resources", "ErrorAlarm"), "no alarm on the function's errors"),
        (("Outputs", "FunctionArn"), "no output FunctionArn"),
    ],
)
def test_a_missing_part_is_noticed(keys: tuple[str, ...], complaint: str) -> None:
    assert complaint in complaints(without(*keys))


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"Action": "sqs:*"}, "Role: the action sqs:* is a pattern"),
        ({"Action": ["a:B", "ec2:Describe*"]}, "Role: the action ec2:Describe* is a pattern"),
        ({"NotAction": "iam:PassRole"}, "Role: NotAction allows actions that are not named"),
    ],
)
def test_a_broad_statement_is_noticed(changed: dict[str, Any], complaint: str) -> None:
    template = content(ECHO)
    role = template["Resources"]["Role"]["Properties"]
    role["Policies"][0]["PolicyDocument"]["Statement"][1].update(changed)
    assert complaints(template) == [complaint]


def test_a_broad_managed_policy_is_noticed() -> None:
    template = content(ECHO)
    arn = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonS3FullAccess"}
    template["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = [arn]
    assert [one for one in complaints(template) if "AmazonS3FullAccess allows" in one]


def test_a_default_image_is_noticed() -> None:
    template = content(ECHO)
    template["Parameters"]["ImageUri"]["Default"] = "x"
    assert complaints(template) == ["ImageUri has a default, so that an image could be forgotten"]


def test_a_destination_on_failure_is_as_good_as_a_queue() -> None:
    template = without("Resources", "Function", "Properties", "DeadLetterConfig")
    destination = {"OnFailure": {"Destination": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}}
    template["Resources"]["Invocations"] = {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {"DestinationConfig": destination},
    }
    assert complaints(template) == []


def test_a_function_that_is_waited_for_needs_no_queue() -> None:
    template = without("Resources", "Function", "Properties", "DeadLetterConfig")
    del template["Resources"]["Schedule"]
    assert complaints(template) == []


def test_a_policy_that_differs_in_one_action_is_noticed() -> None:
    policy = json.loads((ECHO.parent / "policy.json").read_text())
    assert role_policy(content(ECHO)) == canonical(policy["Statement"])
    policy["Statement"][0]["Action"].append("logs:CreateLogGroup")
    assert role_policy(content(ECHO)) != canonical(policy["Statement"])


def test_the_schedule_of_echo_is_disabled_by_default() -> None:
    template = content(ECHO)
    assert template["Parameters"]["ScheduleState"]["Default"] == "DISABLED"
    assert template["Resources"]["Schedule"]["Properties"]["State"] == {"Ref": "ScheduleState"}
