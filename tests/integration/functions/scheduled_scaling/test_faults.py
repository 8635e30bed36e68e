"""Whatever happens on the way, the desired state is reached, and the call done twice."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.errors import ScalingFailed
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.faults import READING, Killed, throttled
from tests.support.aws import reset_moto

SMALL, BIG = "db.r6g.large", "db.r6g.2xlarge"
# A reader is made, it becomes the writer, the old writer changes; and all the way back.
SCENARIOS = f"""
version: 1
scenarios:
  nightly-batch:
    targets:
      orders-db:
        kind: docdb-instances
        cluster: orders
        steps: {{scale-out: {{class: {BIG}, readers: 1}}}}
      workers:
        kind: ecs-service
        cluster: batch
        service: workers
        steps: {{scale-out: {{desired: 20, min: 10, max: 40}}}}
"""
INSTANCES = {
    "scale-out": {"orders-1": (BIG, 1, False), "orders-scaled-1": (BIG, 1, True)},
    "restore": {"orders-1": (SMALL, 1, True)},
}
BOUNDS = {"scale-out": (10, 20, 40), "restore": (1, 2, 4)}


def _prepare(night: Night, step: str, *, table: bool) -> None:
    night.scenarios(SCENARIOS)
    seed.docdb_cluster(instances=1)
    seed.ecs_services()
    if table:
        seed.table()
        night.set(table=seed.TABLE)
    if step == "restore":
        night.step("scale-out", request_id="earlier")
    night.faults.reset()


def _check(night: Night, step: str) -> None:
    assert (seed.instances(), seed.service()) == (INSTANCES[step], BOUNDS[step])


def _calls_of(night: Night, step: str, *, table: bool) -> list[str]:
    """The calls that the step takes when nothing goes wrong."""
    _prepare(night, step, table=table)
    night.step(step)
    calls = list(night.faults.sent)
    night.faults.reset()
    return calls


def _each_call(
    night: Night,
    aws: str,
    step: str,
    *,
    trouble: Callable[[int], None],
    table: bool = False,
    reading: bool = True,
) -> None:
    """Run the step once for each of its calls, with trouble at that one."""
    calls = _calls_of(night, step, table=table)
    numbers = [n for n, call in enumerate(calls) if reading or not call.startswith(READING)]
    assert len(numbers) >= 6
    for number in numbers:
        reset_moto(aws)
        _prepare(night, step, table=table)
        trouble(number)
        night.faults.reset_rules()
        _check(night, step)
        changes = {
            change: times
            for change, times in night.faults.duplicates().items()
            # A lease is renewed, and taken again, with the same words.
            if change[0] != "UpdateItem"
        }
        assert changes == {}, f"trouble at call {number}, {calls[number]}"


@pytest.mark.parametrize(
    ("step", "table"), [("scale-out", False), ("scale-out", True), ("restore", False)]
)
def test_killed_after_any_call_the_retry_finishes_the_work(
    night: Night, aws: str, step: str, table: bool
) -> None:
    def kill(number: int) -> None:
        def after(current: int, _operation: str) -> None:
            if current == number:
                raise Killed

        night.faults.after = after
        with pytest.raises(Killed):
            night.step(step)
        night.faults.after = lambda _number, _operation: None
        night.step(step)  # Lambda's retry: the same event, the same request id

    # A kill after a call that only reads leaves what a kill before it leaves.
    _each_call(night, aws, step, table=table, reading=False, trouble=kill)


def test_denied_once_at_any_call_the_retry_finishes_the_work(night: Night, aws: str) -> None:
    step = "scale-out"

    def deny(number: int) -> None:
        def decide(current: int, operation: str) -> tuple[str, str] | None:
            return ("AccessDenied", f"not {operation}") if current == number else None

        night.faults.decide = decide
        with pytest.raises(ScalingFailed, match=r"allow \S+:\w+ on the resource in the policy of"):
            night.step(step)
        night.step(step)

    _each_call(night, aws, step, trouble=deny)


@pytest.mark.parametrize("chance", range(3))
@pytest.mark.parametrize("step", ["scale-out", "restore"])
@pytest.mark.parametrize("attempts", [1, 4])
def test_every_call_throttled_in_three_of_ten_cases(
    night: Night, step: str, chance: int, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # boto3's own pauses between attempts are not what is tested here.
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    _prepare(night, step, table=False)
    night.set(max_attempts=attempts)
    dice = random.Random(chance)  # noqa: S311 (no secret: the same dice each time)
    night.faults.decide = lambda number, operation: (
        throttled(number, operation) if dice.random() < 0.3 else None
    )
    assert night.step(step, timeout=3600)["status"] == "done"
    assert night.faults.duplicates() == {}
    night.faults.reset_rules()
    _check(night, step)


def test_a_call_that_stays_throttled_fails(night: Night) -> None:
    _prepare(night, "scale-out", table=False)
    night.set(max_attempts=1, time_limit_s=600)
    night.faults.decide = lambda number, operation: (
        throttled(number, operation) if operation == "UpdateService" else None
    )
    with pytest.raises(ScalingFailed) as caught:
        night.step("scale-out", timeout=3600)
    head, line = str(caught.value).splitlines()
    assert head == (
        "1 of 2 targets failed in nightly-batch/scale-out (account 123456789012, eu-west-1)"
    )
    assert line == (
        "workers: ecs:UpdateService failed (ThrottlingException): Rate exceeded; the call "
        "itself is right: repeat it later, or make fewer at once"
    )
    night.faults.reset_rules()
    assert seed.instances() == INSTANCES["scale-out"]


@pytest.mark.parametrize(("times", "slower"), [(0, False), (1, True)])
def test_throttling_slows_the_pace(night: Night, times: int, slower: bool) -> None:
    _prepare(night, "scale-out", table=False)
    night.set(max_attempts=1)
    night.faults.decide = lambda number, operation: (
        throttled(number, operation) if number < times else None
    )
    night.step("scale-out")
    # One call after the other, at 20 in a second.
    assert any(0.04 < seconds < 0.06 for seconds in night.time.slept) is slower
