"""The token bucket, on a clock that only sleeping moves."""

from __future__ import annotations

import pytest

from surefoot.kit.rate_limit import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def make_bucket(burst: int, per_second: float) -> tuple[TokenBucket, Clock]:
    clock = Clock()
    return TokenBucket(burst, per_second, clock=clock, sleep=clock.sleep), clock


def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    bucket, clock = make_bucket(3, 2.0)
    for _ in range(7):
        bucket.acquire()
    assert clock.slept == pytest.approx([0.5] * 4)


def test_a_pause_fills_it_no_further_than_the_burst() -> None:
    bucket, clock = make_bucket(2, 1.0)
    clock.now = 100.0
    for _ in range(3):
        bucket.acquire()
    assert clock.slept == pytest.approx([1.0])


def test_after_a_throttling_the_burst_is_gone() -> None:
    bucket, _ = make_bucket(5, 2.0)
    bucket.empty()
    assert bucket.delay_s() == pytest.approx(0.5)


def test_a_sleep_that_ends_early_is_slept_again() -> None:
    clock = Clock()
    bucket = TokenBucket(1, 1.0, clock=clock, sleep=lambda seconds: clock.sleep(seconds / 2))
    bucket.acquire()
    bucket.acquire()
    assert clock.now == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(("burst", "rate"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_a_limit_that_allows_no_call_is_rejected(burst: int, rate: float) -> None:
    with pytest.raises(ValueError, match="a burst"):
        TokenBucket(burst, rate)


def test_a_clock_since_the_epoch_is_waited_for_in_steps_that_it_can_tell() -> None:
    clock = Clock()
    clock.now = 1.8e9
    bucket = TokenBucket(1, 3.0, clock=clock, sleep=clock.sleep)
    for _ in range(50):
        bucket.acquire()
    assert len(clock.slept) < 150
