from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surefoot.testing import fake_context
from termination_policy import app
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A_SPOT, A, B, Place, event, names

PLACES = [(f"eu-west-1{zone}", market) for zone in "abc" for market in ("on-demand", "spot")]


def test_each_zone_and_market_gets_what_it_asks_for(fleet: Fleet) -> None:
    one, two, three, four, five = names(5)
    members = [(one, A), (two, A_SPOT), (three, A), (four, B), (five, A_SPOT)]
    assert fleet.decide(event({A: 1, A_SPOT: 2, B: 0}, members), "any") == [one, two, five]


def test_a_zone_that_has_too_few_takes_from_other_zones_of_its_market(fleet: Fleet) -> None:
    one, two, three, four = names(4)
    members = [(one, A), (two, A_SPOT), (three, B), (four, B)]
    assert fleet.decide(event({A: 2}, members), "any") == [one, three]
    assert fleet.decide(event({A: 5}, members), "any") == [one, three, four]
    assert fleet.logged()["reason"] == "no other instance is known to be free"


def test_a_busy_zone_does_not_block_scale_in(fleet: Fleet) -> None:
    made = seed.instances(3, tags={0: {"busy": ""}, 1: {"busy": ""}})
    members = list(zip(made, (A, A, B), strict=True))
    assert fleet.decide(event({A: 1}, members), "not_tagged:busy") == made[2:]


def test_a_zones_own_quota_is_filled_first(fleet: Fleet) -> None:
    one, two, three = names(3)
    members = [(one, B), (two, B), (three, A)]
    assert fleet.decide(event({A: 1, B: 1}, members), "any") == [one, three]


@pytest.mark.parametrize("cause", ["INSTANCE_REFRESH", "MAX_INSTANCE_LIFETIME", "REBALANCE", "?"])
def test_only_scale_in_takes_from_other_zones(fleet: Fleet, cause: str) -> None:
    one, two, three = names(3)
    sent = {**event({A: 3}, [(one, A), (two, A_SPOT), (three, B)]), "Cause": cause}
    assert fleet.decide(sent, "any") == [one]


def test_other_zones_can_be_excluded(fleet: Fleet) -> None:
    one, two = names(2)
    fleet.variables(OTHER_ZONES="no")
    assert fleet.decide(event({A: 2}, [(one, A), (two, B)]), "any") == [one]
    fleet.variables(OTHER_ZONES="maybe")
    assert fleet.decide(event({A: 2}, [(one, A), (two, B)]), "any") == []
    assert "OTHER_ZONES: 'maybe' is not possible; write yes or no" in fleet.logged()["reason"]


def any_event(test: Any) -> Any:
    """Run a test with many quotas, and members in many places."""
    places = st.sampled_from(PLACES)
    given_all = given(
        quotas=st.dictionaries(places, st.integers(0, 6)), places=st.lists(places, max_size=40)
    )
    slow = list(HealthCheck)
    return settings(max_examples=150, deadline=None, suppress_health_check=slow)(given_all(test))


def decide_any(
    fleet: Fleet, quotas: dict[Place, int], places: list[Place], other_zones: str
) -> list[Place]:
    """The places of the instances that the policy `any` names, each of them once."""
    fleet.variables(POLICY="any", OTHER_ZONES=other_zones)
    members = dict(zip(names(len(places)), places, strict=True))
    ids = app.handler(event(quotas, members.items()), fake_context(timeout=120.0))["InstanceIDs"]
    assert len(set(ids)) == len(ids)
    return [members[name] for name in ids]


@any_event
def test_no_quota_is_exceeded_and_none_is_left_open(
    fleet: Fleet, quotas: dict[Place, int], places: list[Place]
) -> None:
    have, got = Counter(places), Counter(decide_any(fleet, quotas, places, "no"))
    assert got == Counter({p: n for p, q in quotas.items() if (n := min(q, have[p]))})


@any_event
def test_with_other_zones_no_market_gives_more_than_is_asked_of_it(
    fleet: Fleet, quotas: dict[Place, int], places: list[Place]
) -> None:
    given_up = decide_any(fleet, quotas, places, "yes")
    for market in ("on-demand", "spot"):
        asked = sum(count for (_, kind), count in quotas.items() if kind == market)
        have = sum(kind == market for _, kind in places)
        assert sum(kind == market for _, kind in given_up) == min(asked, have)
