"""Two events at once, the same event twice, an old event late: with a table."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import boto3
import pytest

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.errors import LeaseHeld, ScalingFailed
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.faults import Killed
from tests.integration.functions.scheduled_scaling.test_night import BEFORE, OUT

EVENING = "2026-11-22T20:00:00Z"
MORNING = "2026-11-23T06:00:00Z"


def scheduled(step: str, time: str) -> dict[str, Any]:
    """An event of the Scheduler with its input as detail."""
    return {
        "source": "aws.scheduler",
        "id": f"new-with-each-attempt-{step}",
        "time": time,
        "resources": [f"arn:aws:scheduler:eu-west-1:123456789012:schedule/default/{step}"],
        "detail": f'{{"scenario": "nightly-batch", "step": "{step}"}}',
    }


@pytest.fixture
def table(night: Night) -> None:
    seed.table()
    night.set(table=seed.TABLE)
    seed.night()
    night.faults.reset()


pytestmark = pytest.mark.usefixtures("table")


def kill_at(night: Night, operation: str) -> None:
    def after(_number: int, current: str) -> None:
        if current == operation:
            raise Killed

    night.faults.after = after


def test_the_same_event_delivered_twice_is_worked_on_once(night: Night) -> None:
    night.send(scheduled("scale-out", EVENING))
    night.faults.reset()
    again = {**scheduled("scale-out", EVENING), "id": "another"}
    assert night.send(again, request_id="two")["status"] == "already done"
    assert night.faults.changes() == []


def test_the_same_event_of_the_next_evening_is_worked_on(night: Night) -> None:
    night.send(scheduled("scale-out", EVENING))
    night.send(scheduled("restore", MORNING))
    assert seed.instances() == BEFORE
    night.send(scheduled("scale-out", "2026-11-23T20:00:00Z"))
    assert seed.instances() == OUT


def test_a_step_waits_until_the_lease_of_a_dead_invocation_ends(night: Night) -> None:
    kill_at(night, "CreateDBInstance")
    with pytest.raises(Killed):
        night.step("scale-out", timeout=300)
    night.faults.reset_rules()
    began = night.time.now()
    assert night.step("scale-in", request_id="two")["status"] == "done"
    assert 290 < night.time.now() - began < 330
    assert seed.service() == (1, 2, 4)


def test_a_step_that_cannot_wait_fails_and_says_who_works(night: Night) -> None:
    kill_at(night, "CreateDBInstance")
    with pytest.raises(Killed):
        night.step("scale-out", timeout=300)
    night.faults.reset()
    with pytest.raises(LeaseHeld, match="another invocation works on it, for at most"):
        night.step("scale-in", request_id="two", timeout=60)
    assert set(night.faults.changes()) <= {"UpdateItem"}


def test_the_retry_of_a_dead_invocation_goes_on_at_once(night: Night) -> None:
    kill_at(night, "CreateDBInstance")
    with pytest.raises(Killed):
        night.step("scale-out", timeout=300)
    night.faults.reset_rules()
    began = night.time.now()
    night.step("scale-out", timeout=300)
    assert night.time.now() - began < 15
    assert seed.instances() == OUT


def test_the_older_of_two_overlapping_steps_gives_way(night: Night) -> None:
    """The morning's event comes while the evening's is still at work."""
    statuses = []

    def after(_number: int, operation: str) -> None:
        if operation == "CreateDBInstance":
            night.faults.reset_rules()
            night.time.sleep(10)  # the lease is looked at again after some seconds
            with pytest.raises(LeaseHeld):
                night.send(scheduled("restore", MORNING), request_id="two", timeout=12)

    night.faults.after = after
    statuses.append(night.send(scheduled("scale-out", EVENING))["status"])
    statuses.append(night.send(scheduled("restore", MORNING), request_id="two")["status"])
    assert statuses == ["superseded", "done"]
    assert (seed.instances(), seed.service()) == (BEFORE, (1, 2, 4))


def test_an_old_event_that_comes_late_is_not_worked_on(night: Night) -> None:
    night.send(scheduled("scale-in", MORNING))
    night.faults.reset()
    answer = night.send(scheduled("scale-out", EVENING), request_id="two")
    assert answer["status"] == "superseded"
    assert answer["reason"] == "a newer event has run since"
    assert set(night.faults.changes()) <= {"UpdateItem"}


def test_a_failed_event_may_be_sent_again(night: Night) -> None:
    night.faults.decide = lambda _number, operation: (
        ("AccessDeniedException", "no") if operation == "UpdateService" else None
    )
    with pytest.raises(ScalingFailed):
        night.send(scheduled("scale-out", EVENING))
    night.faults.reset_rules()
    assert night.send(scheduled("scale-out", EVENING), request_id="two")["status"] == "done"
    assert seed.service() == (10, 20, 40)


def test_the_lease_goes_with_the_chain(night: Night) -> None:
    night.set(continue_by="return", max_attempts=1)
    night.faults.decide = lambda _number, operation: (
        ("ThrottlingException", "slow") if operation == "UpdateService" else None
    )
    answer = night.send(scheduled("scale-out", EVENING))
    night.faults.reset_rules()
    with pytest.raises(LeaseHeld):
        night.send(scheduled("scale-out", EVENING), request_id="one", timeout=20)
    assert night.send(answer["next"], request_id="two")["status"] == "done"
    assert night.send(scheduled("scale-out", EVENING))["status"] == "already done"


def test_a_throttled_table_does_not_end_the_work(night: Night) -> None:
    night.set(max_attempts=1)
    renewals = iter(range(100))

    def decide(_number: int, operation: str) -> tuple[str, str] | None:
        night.time.sleep(6)  # so that the lease is looked at before each target
        if operation == "UpdateItem" and next(renewals) == 1:
            return "ThrottlingException", "slow"
        return None

    night.faults.decide = decide
    assert night.step("scale-out")["status"] == "done"
    assert next(renewals) > 3


def test_a_table_that_is_not_there_is_reported(night: Night) -> None:
    night.set(table="tabel")
    with pytest.raises(ScalingFailed, match=r"dynamodb:\w+ failed \(Resour") as caught:
        night.step("scale-out")
    assert str(caught.value).endswith("(the table tabel, account 123456789012, eu-west-1)")


def test_without_a_table_the_answer_says_what_is_missing(night: Night) -> None:
    night.set(table="")
    assert "without SCALING_TABLE" in night.step("scale-out")["lease"]


def test_memory_in_the_table_keeps_the_first_state(night: Night) -> None:
    night.step("scale-out")
    night.send({"scenario": "nightly-batch", "step": "scale-out"}, request_id="two")
    night.step("restore", request_id="three")
    assert (seed.instances(), seed.service()) == (BEFORE, (1, 2, 4))


@pytest.mark.parametrize("rounds", [3, None])
def test_keys_that_dynamodb_leaves_unprocessed_are_asked_for_again_with_a_backoff(
    night: Night, rounds: int | None
) -> None:
    """None: it never returns them, and the target fails instead of asking endlessly."""
    session: Any = boto3.DEFAULT_SESSION
    calls: list[float] = []

    def leave(parsed: Any, **_: Any) -> None:
        calls.append(night.time.now())
        assert len(calls) < 500, "it asks endlessly"
        if rounds is None or len(calls) <= rounds:
            keys = [{"pk": {"S": "memory#ecs-service/batch/workers"}}]
            parsed["Responses"] = {}
            parsed["UnprocessedKeys"] = {seed.TABLE: {"Keys": keys}}

    session.events.register("after-call.dynamodb.BatchGetItem", leave)
    if rounds is None:
        night.set(wrong_state_limit_s=60)
        with pytest.raises(ScalingFailed, match="workers: the table did not return its saved sta"):
            night.step("scale-out")
    else:
        assert night.step("scale-out")["status"] == "done"
    pauses = [later - earlier for earlier, later in pairwise(calls[:4])]
    assert pauses == sorted(pauses)
    assert pauses[0] > 0


WORKERS = """
version: 1
scenarios:
  nightly-batch:
    targets:
      workers:
        kind: ecs-service
        cluster: batch
        service: workers
        steps: {low: {desired: 1}, middle: {desired: 2}, high: {desired: 3}}
"""
DUE = {"low": EVENING, "middle": MORNING, "high": "2026-11-23T07:00:00Z"}
# One dated ahead counts as of its arrival, whenever that is.
AHEAD = "2027-11-23T06:00:00Z"


@pytest.mark.parametrize("order", list(permutations(DUE, 3)), ids="-".join)
def test_in_whatever_order_events_come_the_one_that_was_due_last_decides(
    night: Night, order: tuple[str, ...]
) -> None:
    night.scenarios(WORKERS)
    ran = []
    for number, step in enumerate(order):
        for attempt in "ab":  # each is delivered twice
            found = night.send(scheduled(step, DUE[step]), request_id=f"{number}{attempt}")
            if found["status"] == "done":
                ran.append(step)
        night.time.sleep(60)
    newest = [
        step
        for n, step in enumerate(order)
        if DUE[step] == max(map(DUE.__getitem__, order[: n + 1]))
    ]
    assert ran == newest
    assert seed.service()[1] == 3


@pytest.mark.parametrize("first", [True, False])
def test_an_event_dated_ahead_neither_mutes_nor_is_muted(night: Night, first: bool) -> None:
    night.scenarios(WORKERS)
    events = [scheduled("high", AHEAD), scheduled("low", DUE["low"])]
    for number, event in enumerate(events if first else reversed(events)):
        night.send(event, request_id=str(number))
        night.time.sleep(60)
    # The other one was due before the ahead one came.
    assert seed.service()[1] == 3
    later = scheduled("middle", "2026-11-24T06:05:00Z")
    night.time.sleep(600)
    assert night.send(later, request_id="later")["status"] == "done"
    assert seed.service()[1] == 2
