from __future__ import annotations

import boto3

from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event


def test_the_oldest_goes_first(fleet: Fleet) -> None:
    made = seed.instances(4)
    shown = [made[2], made[0], made[3], made[1]]
    sent = event({A: 2}, [(name, A) for name in shown])
    assert fleet.decide(sent, "oldest") == made[:2]


def test_the_newest_goes_first(fleet: Fleet) -> None:
    made = seed.instances(4)
    shown = [made[2], made[0], made[3], made[1]]
    sent = event({A: 2}, [(name, A) for name in shown])
    assert fleet.decide(sent, "newest") == [made[3], made[2]]


def test_an_instance_without_a_known_launch_stays(fleet: Fleet) -> None:
    made = seed.instances(1)
    sent = event({A: 2}, [("i-0123456789abcdef0", A), (made[0], A)])
    assert fleet.decide(sent, "oldest") == made


def test_launches_are_asked_200_at_a_time_and_once(fleet: Fleet) -> None:
    made = seed.instances(201)
    fleet.wire.sent.clear()
    sent = event({A: 1}, [(name, A) for name in made])
    assert fleet.decide(sent, "oldest") == made[:1]
    assert fleet.wire.operations == ["DescribeInstances"] * 2
    assert fleet.decide(sent, "oldest") == made[:1]
    assert fleet.wire.operations == ["DescribeInstances"] * 2


def test_only_places_that_want_instances_are_asked_about(fleet: Fleet) -> None:
    made = seed.instances(2)
    boto3.client("ec2")
    fleet.wire.sent.clear()
    sent = event({A: 1}, [(made[0], A), (made[1], ("eu-west-1b", "on-demand"))])
    assert fleet.decide(sent, "oldest") == made[:1]
    assert made[1] not in fleet.wire.sent[0][1]
