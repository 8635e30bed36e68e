from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surefoot.testing import fake_context
from termination_policy import app
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A_SPOT, A, B, Place, event, names

PLACES = [(f"eu-west-1{zone}", market) for zone in "abc" for market in ("on-demand", "spot")]


def test_each_zone_and_market_gets_what_it_asks_for(fleet: Fleet) -> None:
    one, two, three, four, five = names(5)
    members = [(one, A), (two, A_SPOT), (three, A), (four, B), (five, A_SPOT)]
    assert fleet.decide(event({A: 1, A_SPOT: 2, B: 0}, members), "any") == [one, two, five]


def test_a_zone_that_has_too_few_takes_from_no_other(fleet: Fleet) -> None:
    one, two, three = names(3)
    members = [(one, A), (two, A_SPOT), (three, B)]
    assert fleet.decide(event({A: 3}, members), "any") == [one]
    assert fleet.logged()["reason"] == "no other instance is known to be free"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    quotas=st.dictionaries(st.sampled_from(PLACES), st.integers(0, 6)),
    places=st.lists(st.sampled_from(PLACES), max_size=40),
)
def test_no_quota_is_exceeded_and_none_is_left_open(
    fleet: Fleet, quotas: dict[Place, int], places: list[Place]
) -> None:
    fleet.variables(POLICY="any")
    members = dict(zip(names(len(places)), places, strict=True))
    ids = app.handler(event(quotas, members.items()), fake_context(timeout=120.0))["InstanceIDs"]
    assert len(set(ids)) == len(ids)
    have, got = Counter(places), Counter(members[name] for name in ids)
    assert got == Counter({p: n for p, q in quotas.items() if (n := min(q, have[p]))})
