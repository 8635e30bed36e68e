"""The token bucket, on a clock that only sleeping moves."""

from __future__ import annotations

import pytest

from surefoot.kit.rate_limit import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def pace(burst: int, per_second: float) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(burst, per_second, clock=clock, sleep=clock.sleep), clock


def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    bucket, clock = pace(3, 2.0)
    for _ in range(7):
        bucket.take()
    assert clock.slept == pytest.approx([0.5] * 4)


def test_a_pause_fills_it_no_further_than_the_burst() -> None:
    bucket, clock = pace(2, 1.0)
    clock.now = 100.0
    for _ in range(3):
        bucket.take()
    assert clock.slept == pytest.approx([1.0])


def test_after_a_throttling_the_burst_is_gone() -> None:
    bucket, _ = pace(5, 2.0)
    bucket.drain()
    assert bucket.wait_s() == pytest.approx(0.5)


def test_a_sleep_that_ends_early_is_slept_again() -> None:
    clock = Clock()
    bucket = Pace(1, 1.0, clock=clock, sleep=lambda seconds: clock.sleep(seconds / 2))
    bucket.take()
    bucket.take()
    assert clock.now == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(("burst", "rate"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_a_pace_that_could_never_go_on_is_refused(burst: int, rate: float) -> None:
    with pytest.raises(ValueError, match="a burst"):
        Pace(burst, rate)


def test_a_clock_since_the_epoch_is_waited_for_in_steps_that_it_can_tell() -> None:
    clock = Clock()
    clock.now = 1.8e9
    bucket = Pace(1, 3.0, clock=clock, sleep=clock.sleep)
    for _ in range(50):
        bucket.take()
    assert len(clock.slept) < 150
