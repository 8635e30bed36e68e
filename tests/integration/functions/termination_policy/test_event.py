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
    "empty": ({}, "AutoScalingGroupARN: it is missing"),
    "no cause": (without("Cause"), "Cause: it is missing"),
    "a cause of another kind": ({**good(), "Cause": 7}, "Cause: it is int '7'"),
    "no group": (without("AutoScalingGroupARN"), "AutoScalingGroupARN: it is missing"),
    "no capacity": (without("CapacityToTerminate"), "CapacityToTerminate: it is missing"),
    "no instances": (without("Instances"), "Instances: it is missing"),
    "instances by name": ({**good(), "Instances": {"a": 1}}, "Instances: it is dict"),
    "a negative capacity": (capacity(Capacity=-1), "-1 is not a count"),
    "a capacity as text": (capacity(Capacity="1"), "'1' is not a count"),
    "a broken capacity": (capacity(Capacity=1.5), "1.5 is not a count"),
    "a capacity of true": (capacity(Capacity=True), "True is not a count"),
    "capacity without a zone": (capacity(AvailabilityZone=""), "CapacityToTerminate[0]: zone ''"),
    "a market of another kind": (capacity(InstanceMarketOption=7), "market 7"),
    "a number as capacity": ({**good(), "CapacityToTerminate": [1]}, "[0]: it is int '1'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_invalid_event_is_answered_with_none_and_a_reason(fleet: Fleet, name: str) -> None:
    sent, reason = BROKEN[name]
    assert fleet.decide(sent, "any") == []
    record = fleet.logged()
    assert reason in record["reason"]
    assert (record["Answered"], record["Faults"]) == (0, 1)


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


# Entries of what AWS may add, or of what is wrong: the others are answered.
PARTLY: dict[str, tuple[Any, str]] = {
    "no id": (instance(InstanceId=None), "Instances[1].InstanceId: None"),
    "an id of another kind": (instance(InstanceId="vol-1"), "'vol-1' is not an instance id"),
    "two ids in one": (instance(InstanceId="i-1\ni-2"), "is not an instance id"),
    "an instance without a zone": (instance(AvailabilityZone=None), "Instances[1]: zone None"),
    "an instance without a market": (instance(InstanceMarketOption=""), "Instances[1]: zone"),
    "a text as instance": (
        {**good(), "Instances": [good()["Instances"][0], "i-1"]},
        "Instances[1]: it is str 'i-1'",
    ),
    "a quota twice": (
        {**good(), "CapacityToTerminate": good()["CapacityToTerminate"] * 2},
        "CapacityToTerminate[1]: eu-west-1a on-demand is there twice",
    ),
    "a quota without a zone": (
        {**good(), "CapacityToTerminate": [{}, *good()["CapacityToTerminate"]]},
        "CapacityToTerminate[0]: zone None",
    ),
}


@pytest.mark.parametrize("name", PARTLY)
def test_a_wrong_entry_is_left_out_alone_and_is_reported(fleet: Fleet, name: str) -> None:
    sent, reason = PARTLY[name]
    assert fleet.decide(sent, "any") == TWO[:1]
    logged = fleet.logged()
    assert reason in logged["reason"]
    assert (logged["invalid"], logged["Faults"]) == (1, 1)


def test_an_instance_that_is_in_the_event_twice_is_not_returned(fleet: Fleet) -> None:
    sent = event({A: 3}, [(TWO[0], A), (TWO[1], A), (TWO[0], A_SPOT)])
    assert fleet.decide(sent, "any") == TWO[1:]
    assert f"{TWO[0]} is there twice" in fleet.logged()["reason"]


@pytest.mark.parametrize("cause", ["BOREDOM", "INSTANCE_REPLACEMENT"])
def test_a_cause_that_aws_may_add_is_answered(fleet: Fleet, cause: str) -> None:
    assert fleet.decide({**good(), "Cause": cause}, "any") == TWO[:1]
    assert fleet.logged()["cause"] == cause


def test_a_market_that_aws_may_add_has_quotas_of_its_own(fleet: Fleet) -> None:
    block = ("eu-west-1a", "capacity-block")
    sent = event({A: 1, block: 1}, [(TWO[0], A), ("i-3", block), ("i-4", block)])
    assert fleet.decide(sent, "any") == [TWO[0], "i-3"]
    assert fleet.logged()["Faults"] == 0


NOTHING: dict[str, Callable[[], Event]] = {
    "capacity 0": lambda: capacity(Capacity=0),
    "no capacity": lambda: {**good(), "CapacityToTerminate": []},
    "no instances": lambda: {**good(), "Instances": []},
    "capacity in another market": lambda: capacity(InstanceMarketOption="spot"),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("policy", ["any", "not_tagged:keep", "oldest"])
def test_with_empty_quotas_no_call_is_made(fleet: Fleet, name: str, policy: str) -> None:
    assert fleet.decide(NOTHING[name](), policy) == []
    assert fleet.logged()["Faults"] == 0
    assert fleet.wire.sent == []
