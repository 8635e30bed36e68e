from __future__ import annotations

import pytest

from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.strategies import passed

TAGS = {0: {"protect": "true"}, 1: {"protect": "false"}, 2: {"other": "true"}}


@pytest.mark.parametrize(
    ("policy", "free"),
    [
        ("not_tagged:protect", [2, 3]),
        ("not_tagged:protect=true", [1, 2, 3]),
        ("tagged:protect", [0, 1]),
        ("tagged:protect=true", [0]),
        ("tagged:protect=", []),
    ],
)
def test_tags_decide(fleet: Fleet, policy: str, free: list[int]) -> None:
    made = seed.instances(4, tags=TAGS)
    assert passed(policy, made) == [made[number] for number in free]


@pytest.mark.parametrize("policy", ["not_tagged:protect", "tagged:protect"])
def test_an_instance_that_ec2_does_not_know_stays(fleet: Fleet, policy: str) -> None:
    assert passed(policy, ["i-0123456789abcdef0"]) == []


def test_instances_are_asked_about_200_at_a_time_and_only_as_needed(fleet: Fleet) -> None:
    made = seed.instances(201)
    fleet.wire.sent.clear()
    assert len(passed("not_tagged:protect", made)) == 201
    assert fleet.wire.operations == ["DescribeInstances"] * 2
