"""5,000 interfaces under EC2's token buckets."""

from __future__ import annotations

import re

from tests.unit.functions.eni_cleanup.simulation import COUNT, RELEASE_S, simulated


def test_five_thousand_interfaces_finish_at_the_pace_that_ec2_allows() -> None:
    world = simulated(0.1)
    [answer] = world.answers
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["Deleted"] == str(COUNT)
    assert not world.enis
    assert not world.crimes
    fastest_s = RELEASE_S + (COUNT - 50) / 5
    assert world.elapsed_s < fastest_s * 1.05
    assert world.throttled < 10


def test_a_neighbour_who_uses_up_the_tokens_costs_time_and_no_answer() -> None:
    world = simulated(0.1, crowded=True)
    assert [answer["Status"] for answer in world.answers] == ["SUCCESS"]
    assert world.throttled > 100
    assert not world.crimes


def test_more_than_an_hour_can_hold_ends_with_an_answer() -> None:
    world = simulated(1.0)
    [answer] = world.answers
    assert answer["Status"] == "FAILED"
    assert world.elapsed_s < 3600
    told = re.search(r"interfaces deleted: (\d+); left: (\d+): eni-", answer["Reason"])
    assert told is not None
    assert int(told[1]) + int(told[2]) == COUNT
    assert int(told[2]) == len(world.enis)
    assert not world.lost
