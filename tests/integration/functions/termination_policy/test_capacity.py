"""How much one instance is: instances, weights, vCPUs, memory."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surefoot.testing import fake_context
from termination_policy import app
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, B, Event, event, names

TYPES = ("m5.large", "m5.xlarge", "m5.2xlarge")
GROUP = "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/workers"


def typed(quota: int, *types: str) -> tuple[list[str], Event]:
    """Ids of instances of these types in one zone, and an event that asks for `quota`."""
    made = names(len(types))
    sent = event({A: quota}, [(name, A) for name in made], GROUP)
    for entry, kind in zip(sent["Instances"], types, strict=True):
        entry["InstanceType"] = kind
    return made, sent


def group(**weights: str) -> None:
    """An Auto Scaling group with weights in its overrides."""
    client = boto3.client("autoscaling")
    ec2 = boto3.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_launch_template(LaunchTemplateName="workers", LaunchTemplateData={"ImageId": image})
    overrides: Any = [
        {"InstanceType": kind, "WeightedCapacity": weight} for kind, weight in weights.items()
    ]
    specification: Any = {"LaunchTemplateName": "workers", "Version": "$Latest"}
    client.create_auto_scaling_group(
        AutoScalingGroupName="workers",
        MixedInstancesPolicy={
            "LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": overrides}
        },
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["eu-west-1a"],
    )


WEIGHTS = {"m5.large": "1", "m5.xlarge": "2", "m5.2xlarge": "4"}


@pytest.mark.parametrize("units", ["group", "m5.large=1, m5.xlarge=2, m5.2xlarge=4"])
@pytest.mark.parametrize(
    ("quota", "types", "chosen"),
    [
        (4, ("m5.2xlarge", "m5.large"), [0]),
        (4, ("m5.xlarge", "m5.xlarge", "m5.large"), [0, 1]),
        (3, ("m5.2xlarge", "m5.xlarge", "m5.xlarge", "m5.large"), [1, 3]),
        (1, ("m5.2xlarge", "m5.xlarge"), []),
        (9, ("c5.large", "m5.2xlarge"), [1]),  # the weight of c5.large is not known
    ],
)
def test_weights_are_never_more_than_is_asked(
    fleet: Fleet, units: str, quota: int, types: tuple[str, ...], chosen: list[int]
) -> None:
    group(**WEIGHTS)
    made, sent = typed(quota, *types)
    fleet.variables(CAPACITY_UNITS=units)
    assert fleet.decide(sent, "any") == [made[number] for number in chosen]


def test_a_group_without_weights_counts_instances_and_is_asked_once(fleet: Fleet) -> None:
    group()
    made, sent = typed(2, *TYPES)
    fleet.variables(CAPACITY_UNITS="group")
    fleet.wire.sent.clear()
    assert fleet.decide(sent, "any") == made[:2]
    assert fleet.decide(sent, "any") == made[:2]
    assert fleet.wire.operations == ["DescribeAutoScalingGroups"]
    body = fleet.wire.sent[0][1]
    assert "'AutoScalingGroupNames.member.1': 'workers'" in body or "=workers" in body
    assert re.search(r"IncludeInstances\W+false", body)  # 30,000 would not come in time


@pytest.mark.parametrize(
    ("unit", "quota", "chosen"), [("vcpu", 8, [0, 1]), ("memory-mib", 16384, [0]), ("units", 2, [])]
)
def test_vcpus_and_memory_are_counted_by_type(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, unit: str, quota: int, chosen: list[int]
) -> None:
    made, sent = typed(quota, "m5.xlarge", "m5.xlarge")
    fleet.variables(CAPACITY_UNITS="group", POLICY="any")
    found: Any = {"AutoScalingGroups": [{"DesiredCapacityType": unit}]}
    if unit == "units":
        override = {"InstanceType": "m5.xlarge", "WeightedCapacity": "3"}
        launch = {"LaunchTemplate": {"Overrides": [override]}}
        found["AutoScalingGroups"][0]["MixedInstancesPolicy"] = launch
    monkeypatch.setattr(
        fleet.wire.clients("autoscaling"), "describe_auto_scaling_groups", lambda **_: found
    )
    assert fleet.decide(sent) == [made[number] for number in chosen]
    assert fleet.wire.operations == (["DescribeInstanceTypes"] if unit != "units" else [])


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([], "does not know the group 'workers'"),
        ([{"DesiredCapacityType": "gpus"}], "the group counts in 'gpus'"),
    ],
)
def test_units_that_are_not_known_terminate_no_instance(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, found: Any, reason: str
) -> None:
    fleet.variables(CAPACITY_UNITS="group")
    monkeypatch.setattr(
        fleet.wire.clients("autoscaling"),
        "describe_auto_scaling_groups",
        lambda **_: {"AutoScalingGroups": found},
    )
    assert fleet.decide(typed(2, *TYPES)[1], "any") == []
    assert reason in fleet.logged()["reason"]


@pytest.mark.parametrize("text", ["weights", "m5.large", "m5.large=0", "m5.large=-1", "=2", ","])
def test_units_that_cannot_be_terminate_no_instance(fleet: Fleet, text: str) -> None:
    fleet.variables(CAPACITY_UNITS=text)
    assert fleet.decide(typed(2, *TYPES)[1], "any") == []
    reason = fleet.logged()["reason"]
    assert reason.startswith("CAPACITY_UNITS: ")
    assert "write instances, group, or TYPE=WEIGHT" in reason


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    quotas=st.dictionaries(st.sampled_from((A, B)), st.integers(0, 9)),
    kinds=st.lists(st.tuples(st.sampled_from((A, B)), st.sampled_from(TYPES)), max_size=20),
    zones=st.sampled_from(("yes", "no")),
)
def test_no_sum_of_weights_is_more_than_is_asked(
    fleet: Fleet, quotas: dict[Any, int], kinds: list[Any], zones: str
) -> None:
    units = ",".join(f"{kind}={weight}" for kind, weight in WEIGHTS.items())
    fleet.variables(POLICY="any", CAPACITY_UNITS=units, OTHER_ZONES=zones)
    sent = event(quotas, [(f"i-{n}", place) for n, (place, _) in enumerate(kinds)])
    for entry, (_, kind) in zip(sent["Instances"], kinds, strict=True):
        entry["InstanceType"] = kind
    ids = app.handler(json.loads(json.dumps(sent)), fake_context(timeout=120.0))["InstanceIDs"]
    chosen = [kinds[int(name[2:])] for name in ids]
    assert sum(int(WEIGHTS[kind]) for _, kind in chosen) <= sum(quotas.values())
    if zones == "no":
        for place, quota in quotas.items():
            assert sum(int(WEIGHTS[kind]) for at, kind in chosen if at == place) <= quota
