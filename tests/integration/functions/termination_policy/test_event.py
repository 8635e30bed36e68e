from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from termination_policy.event import CAUSES, read_event
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import (
    A_SPOT,
    A,
    Event,
    event,
    example,
    names,
)
from tests.integration.functions.termination_policy.paths import FUNCTION

EXAMPLES = sorted(path.stem for path in (FUNCTION / "events").glob("*.json"))
TWO = names(2)


def good() -> Event:
    return event({A: 1}, [(TWO[0], A), (TWO[1], A)])


def without(name: str) -> Event:
    changed = good()
    del changed[name]
    return changed


def capacity(**members: Any) -> Event:
    changed = good()
    changed["CapacityToTerminate"][0].update(members)
    return changed


def instance(**members: Any) -> Event:
    changed = good()
    changed["Instances"][1].update(members)
    return changed


BROKEN: dict[str, tuple[Any, str]] = {
    "null": (None, "event: it is missing"),
    "a text": ("event", "event: it is str"),
    "a list": ([good()], "event: it is list"),
    "empty": ({}, "Cause: it is missing"),
    "no cause": (without("Cause"), "Cause: it is missing"),
    "an unknown cause": ({**good(), "Cause": "BOREDOM"}, "'BOREDOM' is not one of"),
    "no group": (without("AutoScalingGroupARN"), "AutoScalingGroupARN: it is missing"),
    "no capacity": (without("CapacityToTerminate"), "CapacityToTerminate: it is missing"),
    "no instances": (without("Instances"), "Instances: it is missing"),
    "instances by name": ({**good(), "Instances": {"a": 1}}, "Instances: it is dict"),
    "more of a kind": ({**good(), "HasMoreInstances": "yes"}, "HasMoreInstances: it is str"),
    "a negative capacity": (capacity(Capacity=-1), "-1 is not a count"),
    "a capacity as text": (capacity(Capacity="1"), "'1' is not a count"),
    "a broken capacity": (capacity(Capacity=1.5), "1.5 is not a count"),
    "a capacity of true": (capacity(Capacity=True), "True is not a count"),
    "capacity without a zone": (capacity(AvailabilityZone=""), "CapacityToTerminate[0]: zone ''"),
    "an unknown market": (capacity(InstanceMarketOption="futures"), "market 'futures'"),
    "a market twice": (
        {**good(), "CapacityToTerminate": good()["CapacityToTerminate"] * 2},
        "CapacityToTerminate[1]: eu-west-1a on-demand is there twice",
    ),
    "a number as capacity": ({**good(), "CapacityToTerminate": [1]}, "[0]: it is int '1'"),
    "a duplicate id": (instance(InstanceId=TWO[0]), "an instance is there twice"),
    "no id": (instance(InstanceId=None), "Instances[1].InstanceId: None"),
    "an id of another kind": (instance(InstanceId="vol-1"), "'vol-1' is not an instance id"),
    "an instance without a zone": (instance(AvailabilityZone=None), "Instances[1]: zone None"),
    "an instance's unknown market": (instance(InstanceMarketOption=""), "Instances[1]: zone"),
    "a text as instance": ({**good(), "Instances": ["i-1"]}, "Instances[0]: it is str 'i-1'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_invalid_event_is_answered_with_none_and_a_reason(fleet: Fleet, name: str) -> None:
    sent, reason = BROKEN[name]
    assert fleet.decide(sent, "any") == []
    told = fleet.logged()
    assert reason in told["reason"]
    assert (told["Answered"], told["Faults"]) == (0, 1)


def test_each_cause_has_an_example_that_is_answered(fleet: Fleet) -> None:
    answers = {example(name)["Cause"]: fleet.decide(example(name), "any") for name in EXAMPLES}
    assert set(answers) == CAUSES
    assert all(answers.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_read_whole(name: str) -> None:
    sent = example(name)
    request = read_event(sent)
    assert request.asked == sum(one["Capacity"] for one in sent["CapacityToTerminate"])
    assert [one.id for one in request.instances()] == [
        one["InstanceId"] for one in sent["Instances"]
    ]
    assert request.has_more is sent.get("HasMoreInstances", False)


def test_members_that_aws_may_add_are_left_alone(fleet: Fleet) -> None:
    sent = {**instance(Weight=3), "Reason": "none"}
    assert fleet.decide(sent, "any") == [TWO[0]]


def test_markets_of_a_zone_are_kept_apart() -> None:
    request = read_event(event({A: 1, A_SPOT: 2}, []))
    assert request.quotas == {A: 1, A_SPOT: 2}


def test_more_instances_than_shown_are_reported(fleet: Fleet) -> None:
    fleet.decide({**good(), "HasMoreInstances": True}, "any")
    assert fleet.logged()["more"] is True


NOTHING: dict[str, Callable[[], Event]] = {
    "capacity 0": lambda: capacity(Capacity=0),
    "no capacity": lambda: {**good(), "CapacityToTerminate": []},
    "no instances": lambda: {**good(), "Instances": []},
    "capacity in another zone": lambda: capacity(AvailabilityZone="eu-west-1c"),
    "capacity in another market": lambda: capacity(InstanceMarketOption="spot"),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("policy", ["any", "not_tagged:keep", "oldest"])
def test_with_empty_quotas_no_call_is_made(fleet: Fleet, name: str, policy: str) -> None:
    assert fleet.decide(NOTHING[name](), policy) == []
    assert fleet.logged()["Faults"] == 0
    assert fleet.wire.sent == []
