"""Estimates mean something, or are left out."""

from __future__ import annotations

import pytest

from scheduled_scaling.estimate import Estimate, Rates, add_estimates, estimate
from scheduled_scaling.model import Action

RATES = Rates({"task": 0.5}, {"slow": 600.0, "fast": 30.0}, "note")


def action(duration_key: str) -> Action:
    return Action("x", "y", {}, "z", duration_key=duration_key)


@pytest.mark.parametrize(
    ("before", "after", "keys", "expected"),
    [
        ({"task": 2}, {"task": 6}, ["slow", "fast"], Estimate(2.0, 630.0)),
        ({"task": 6}, {"task": 2}, [""], Estimate(-2.0, 0.0)),
        ({}, {"task": 2}, [], Estimate(1.0, 0.0)),
        ({"task": 2}, {}, [], Estimate(-1.0, 0.0)),
        ({"vcpu": 2}, {"vcpu": 2}, [], Estimate(0.0, 0.0)),
        ({"vcpu": 2}, {"vcpu": 3}, ["fast"], Estimate(None, 30.0, ("price of vcpu",))),
        ({}, {}, ["new", "fast"], Estimate(0.0, None, ("duration of new",))),
    ],
)
def test_an_unknown_part_makes_the_whole_unknown(
    before: dict[str, float], after: dict[str, float], keys: list[str], expected: Estimate
) -> None:
    assert estimate(before, after, map(action, keys), RATES) == expected


@pytest.mark.parametrize(
    ("each", "known", "text"),
    [
        (Estimate(2.0, 630.0), True, "+2.00 USD/h, 630 s"),
        (Estimate(-2.0, 0.0), True, "-2.00 USD/h, 0 s"),
        (Estimate(0.0, 30.0), True, "+0.00 USD/h, 30 s"),
        (Estimate(0.0, 0.0), False, "+0.00 USD/h, 0 s"),
        (Estimate(None, None, ("price of x",)), False, "unknown: price of x"),
    ],
)
def test_an_estimate_is_said_if_it_says_something(each: Estimate, known: bool, text: str) -> None:
    assert (each.is_known, str(each)) == (known, text)


def test_costs_add_up_and_times_run_side_by_side() -> None:
    total = add_estimates([Estimate(1.0, 10.0), Estimate(2.0, 30.0)])
    assert total == Estimate(3.0, 30.0)
    unknown = Estimate(None, None, ("price of x",))
    assert add_estimates([Estimate(1.0, 10.0), unknown]) == unknown
    assert add_estimates([]) == Estimate(0, 0.0)


def test_own_rates_are_put_over_the_built_in_ones() -> None:
    built_in = Rates.load({})
    own = Rates.load({"usd_per_hour": {"ecs-task": 0.05}, "seconds": {"docdb-create": 600}})
    assert (own.usd_per_hour, own.seconds) == (
        {**built_in.usd_per_hour, "ecs-task": 0.05},
        {**built_in.seconds, "docdb-create": 600},
    )
    assert " As of 20" in own.note
