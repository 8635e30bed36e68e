"""The pace of calls, and what is tried again."""

from __future__ import annotations

import itertools

import pytest

from eni_cleanup.aws import AwsCaller, OutOfTime
from tests.unit.functions.eni_cleanup.faults import refused
from tests.unit.functions.eni_cleanup.world import World


def _calls(left_s: float = 900.0, *, fresh: bool = True) -> tuple[World, AwsCaller]:
    world = World()
    world._deadline = world.now + 900
    return world, AwsCaller(world.dependencies, lambda: left_s, fresh=fresh)


def test_a_burst_is_free_and_then_the_pace_holds() -> None:
    world, caller = _calls()
    for _ in range(50):
        caller.call("mutate", "ec2", dict)
    assert world.elapsed_s == 0
    for _ in range(10):
        caller.call("mutate", "ec2", dict)
    assert world.elapsed_s == pytest.approx(2.0, rel=0.05)


def test_an_invocation_that_goes_on_begins_without_a_burst() -> None:
    world, caller = _calls(fresh=False)
    for _ in range(10):
        caller.call("mutate", "ec2", dict)
    assert world.elapsed_s == pytest.approx(2.0, rel=0.05)


def test_after_a_throttling_the_burst_is_used_up() -> None:
    world, caller = _calls()
    refusals = [refused("RequestLimitExceeded", "DeleteNetworkInterface")]

    def throttled_once() -> None:
        if refusals:
            raise refusals.pop()

    caller.call("mutate", "ec2", throttled_once)
    waited = world.elapsed_s
    assert waited == pytest.approx(1.0, rel=0.05)
    for _ in range(24):  # 5 tokens came back in that second, and one of them is used
        caller.call("mutate", "ec2", dict)
    assert world.elapsed_s - waited == pytest.approx(4.0, rel=0.05)


def test_a_refusal_for_good_is_not_repeated() -> None:
    _, caller = _calls()
    made = []

    def denied() -> None:
        made.append(1)
        raise refused("UnauthorizedOperation", "DeleteNetworkInterface")

    with pytest.raises(Exception, match="UnauthorizedOperation"):
        caller.call("mutate", "ec2", denied)
    assert made == [1]


def test_no_call_begins_and_no_rest_outlasts_the_time_that_is_left() -> None:
    world, caller = _calls(left_s=3.0)
    with pytest.raises(OutOfTime):
        caller.pause(5.0)
    assert world.elapsed_s == pytest.approx(3.0)
    _, late = _calls(left_s=0.0)
    with pytest.raises(OutOfTime):
        late.call("mutate", "ec2", dict)


def test_pauses_between_repetitions_double_up_to_a_bound() -> None:
    world, caller = _calls()
    waits: list[float] = []

    def unavailable() -> None:
        waits.append(world.elapsed_s)
        if len(waits) < 8:
            raise refused("ServiceUnavailable", "DescribeNetworkInterfaces")

    caller.call("describe", "ec2", unavailable)
    pauses = [after - before for before, after in itertools.pairwise(waits)]
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 20, 20], rel=0.01)


def test_lambdas_calls_have_a_pace_of_their_own() -> None:
    world, caller = _calls()
    for _ in range(10):
        caller.call("lambda", "lambda", dict)
    assert world.elapsed_s == 0
    caller.call("lambda", "lambda", dict)
    assert world.elapsed_s == pytest.approx(0.1, rel=0.05)


def test_a_pause_that_takes_all_that_is_left_is_the_last() -> None:
    world, caller = _calls(left_s=5.0)
    with pytest.raises(OutOfTime):
        caller.pause(5.0)
    assert world.elapsed_s == pytest.approx(5.0)


def test_without_time_there_is_no_pause() -> None:
    world, caller = _calls(left_s=-3.0)
    with pytest.raises(OutOfTime):
        caller.pause(5.0)
    assert world.elapsed_s < 0.01
