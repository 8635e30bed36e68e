from __future__ import annotations

import time
from typing import Any

import boto3
import pytest

from surefoot.testing import invoke
from termination_policy import scheduled_scan
from termination_policy.errors import NotCertain
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event
from tests.integration.functions.termination_policy.wire import refusing

STORE = "dynamodb://results"


@pytest.fixture
def group(fleet: Fleet) -> list[str]:
    """A group of four, of which the second has a tag and the last is protected."""
    seed.table()
    client = boto3.client("autoscaling")
    client.create_launch_configuration(
        LaunchConfigurationName="workers", ImageId="ami-12c6146b", InstanceType="m5.large"
    )
    client.create_auto_scaling_group(
        AutoScalingGroupName="workers",
        LaunchConfigurationName="workers",
        MinSize=0,
        MaxSize=4,
        DesiredCapacity=4,
        AvailabilityZones=["eu-west-1a"],
    )
    made = [
        one["InstanceId"]
        for one in client.describe_auto_scaling_instances()["AutoScalingInstances"]
    ]
    boto3.client("ec2").create_tags(Resources=[made[1]], Tags=[{"Key": "keep", "Value": ""}])
    client.set_instance_protection(
        InstanceIds=[made[3]], AutoScalingGroupName="workers", ProtectedFromScaleIn=True
    )
    fleet.variables(GROUP="workers", SCAN_POLICY="not_tagged:keep", RESULT_STORE=STORE)
    return made


def arn() -> str:
    found = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return found[0]["AutoScalingGroupARN"]


def results() -> int:
    return boto3.client("dynamodb").scan(TableName="results")["Count"]


def run(seconds: float = 60.0) -> Any:
    return invoke(scheduled_scan.handler, {}, timeout=seconds)


def test_what_the_scan_writes_is_what_the_policy_believes(fleet: Fleet, group: list[str]) -> None:
    answer = run()
    assert (answer["group"], answer["asked"], answer["free"]) == (arn(), 3, 2)
    assert 590 < answer["expires"] - time.time() < 601
    sent = event({A: 4}, [(name, A) for name in group], group=arn())
    assert fleet.decide(sent, "cached") == [group[0], group[2]]


def test_the_result_counts_from_the_first_question(
    fleet: Fleet, group: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([1_795_000_000.0])
    monkeypatch.setattr(
        "termination_policy.scheduled_scan.time.time", lambda: next(moments, 1_795_000_999.0)
    )
    assert run()["expires"] == 1_795_000_600.0


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"GROUP": ""}, "GROUP: it is not set"),
        ({"GROUP": "other"}, "there is no Auto Scaling group 'other'"),
        ({"SCAN_POLICY": ""}, "SCAN_POLICY: it has no strategy"),
        ({"RESULT_STORE": "results"}, "RESULT_STORE: it is not a store"),
        ({"RESULT_MAX_AGE_S": "3601"}, "RESULT_MAX_AGE_S: '3601' is not a time"),
        ({"RESULT_MAX_AGE_S": "soon"}, "RESULT_MAX_AGE_S: 'soon' is not a time"),
    ],
)
def test_a_wrong_setting_fails_and_writes_nothing(
    fleet: Fleet, group: list[str], variables: dict[str, str], reason: str
) -> None:
    fleet.variables(**variables)
    with pytest.raises(NotCertain) as raised:
        run()
    assert reason in str(raised.value)
    assert results() == 0


def test_too_little_time_fails_and_writes_nothing(fleet: Fleet, group: list[str]) -> None:
    with pytest.raises(NotCertain, match="the deadline of"):
        run(seconds=scheduled_scan.RESERVE_S)
    assert results() == 0


def test_a_refused_question_fails_and_writes_nothing(fleet: Fleet, group: list[str]) -> None:
    from botocore.exceptions import ClientError

    refuse = refusing("UnauthorizedOperation")
    fleet.wire.trouble = lambda name: refuse(name) if name == "DescribeInstances" else None
    with pytest.raises(ClientError):
        run()
    fleet.wire.trouble = lambda _: None
    assert results() == 0
