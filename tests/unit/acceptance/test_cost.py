from __future__ import annotations

from tests.acceptance.aws.cost import HOURS, describe_cost, estimate_stay, estimate_use


def test_the_cost_is_the_sum_of_its_parts_rounded_up_to_a_cent() -> None:
    items = [*estimate_use(), *estimate_stay(HOURS)]
    assert 0 < sum(each.usd for each in items) <= 0.01
    assert "at most $0.01: " in describe_cost()
    for each in items:
        assert f"{each.what} (${each.usd:.4f})" in describe_cost()


def test_what_is_left_is_priced_by_the_day() -> None:
    assert 0.05 < sum(each.usd for each in estimate_stay(24)) <= 0.06
    assert "leaves costs $0.06 a day." in describe_cost()
