"""Calls that overlap: with real threads, and in virtual time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from eni_cleanup.aws import MAX_PARALLEL, AwsCaller, Dependencies, OutOfTime
from eni_cleanup.config import Config
from eni_cleanup.parallel import ThreadPool
from tests.unit.functions.eni_cleanup.faults import refused
from tests.unit.functions.eni_cleanup.world import World


def _caller(left_s: float = 900.0) -> tuple[World, AwsCaller]:
    world = World()
    world._deadline = world.now + 900
    return world, AwsCaller(world.dependencies, lambda: left_s)


def test_threads_overlap_and_no_more_than_the_limit() -> None:
    barrier = threading.Barrier(MAX_PARALLEL)
    running: list[int] = []
    most = []

    def call() -> int:
        running.append(1)
        most.append(len(running))
        barrier.wait(30)  # each waits for the other nine: one after the other would never end
        running.pop()
        return 1

    caller = AwsCaller(Dependencies(config=Config(mutate_burst=100)), lambda: 60.0)
    results = list(caller.call_all("mutate", "ec2", [(n, call) for n in range(3 * MAX_PARALLEL)]))
    assert sorted(key for key, _ in results) == list(range(3 * MAX_PARALLEL))
    assert max(most) == MAX_PARALLEL


def test_a_permanent_refusal_is_a_result_and_the_others_go_on() -> None:
    _, caller = _caller()

    def denied() -> None:
        raise refused("UnauthorizedOperation", "DeleteNetworkInterface")

    calls: Any = [("a", dict), ("b", denied), ("c", dict)]
    results = dict(caller.call_all("mutate", "ec2", calls))
    assert results["a"] == results["c"] == {}
    assert "UnauthorizedOperation" in str(results["b"])


def test_ten_that_are_throttled_together_wait_once() -> None:
    world, caller = _caller()
    refusals = [refused("RequestLimitExceeded", "DeleteNetworkInterface") for _ in range(10)]

    def throttled() -> None:
        if refusals:
            raise refusals.pop()

    calls = [(number, throttled) for number in range(10)]
    results = dict(caller.call_all("mutate", "ec2", calls))
    assert results == dict.fromkeys(range(10))
    assert 1.0 <= world.elapsed_s < 5.0


def test_out_of_time_what_is_under_way_is_still_counted() -> None:
    world = World(config=Config(mutate_burst=3, mutate_per_s=0.001))
    world._deadline = world.now + 900
    caller = AwsCaller(world.dependencies, lambda: 10.0)
    seen: list[int] = []
    calls: list[tuple[int, Any]] = [(n, dict) for n in range(9)]
    results = caller.call_all("mutate", "ec2", calls)
    seen += [next(results)[0] for _ in range(3)]
    with pytest.raises(OutOfTime):
        next(results)
    assert seen == [0, 1, 2]


def test_a_thread_that_wants_to_end_the_process_ends_the_work() -> None:
    pool = ThreadPool(1)

    def leave() -> None:
        raise SystemExit(3)

    pool.submit("a", leave)
    with pytest.raises(SystemExit):
        pool.next()
    pool.close()


def test_pauses_grow_while_every_call_is_throttled() -> None:
    world, caller = _caller()
    refusals = [refused("RequestLimitExceeded", "DeleteNetworkInterface") for _ in range(4)]

    def throttled() -> None:
        if refusals:
            raise refusals.pop()

    assert dict(caller.call_all("mutate", "ec2", [("a", throttled)])) == {"a": None}
    assert world.elapsed_s == pytest.approx(1 + 2 + 4 + 8, rel=0.1)
