from __future__ import annotations

import threading

import pytest

from termination_policy import app
from termination_policy.deadline import MAX_SECONDS, Deadline, within
from termination_policy.errors import DeadlinePassed
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event


def test_time_runs_out_once_and_for_all() -> None:
    now = [100.0]
    deadline = Deadline(1.5, lambda: now[0])
    now[0] = 101.4
    deadline.check()
    assert deadline.left() == pytest.approx(0.1)
    now[0] = 101.5
    assert deadline.left() == 0.0
    with pytest.raises(DeadlinePassed, match=r"the deadline of 1\.5 s has passed"):
        deadline.check()


def test_work_that_hangs_is_left_behind() -> None:
    ended = threading.Event()
    with pytest.raises(DeadlinePassed):
        within(Deadline(0.01), lambda: setattr(ended, "over", ended.wait(30)))
    ended.set()


@pytest.mark.parametrize("kind", [ValueError, MemoryError, SystemExit, KeyboardInterrupt])
def test_what_work_raises_reaches_its_caller(kind: type[BaseException]) -> None:
    def work() -> None:
        raise kind

    with pytest.raises(kind):
        within(Deadline(30), work)


def test_a_call_that_hangs_is_answered_at_the_deadline(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "MAX_SECONDS", 0.2)
    fleet.wire.trouble = fleet.wire.hold
    assert fleet.decide(event({A: 1}, [("i-1", A)]), "not_tagged:keep") == []
    assert "the deadline of 0.2 s has passed" in fleet.logged()["reason"]


def test_what_was_proven_before_the_deadline_is_answered(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = threading.Event()

    class Gate(Deadline):
        """Passes when the second call hangs."""

        def left(self) -> float:
            hanging.wait(30)
            return 0.0

        def check(self) -> None:
            if hanging.is_set():
                raise DeadlinePassed("the deadline has passed", "none")

    monkeypatch.setattr(app, "Deadline", Gate)
    made = seed.instances(201)
    fleet.wire.sent.clear()

    def trouble(operation: str) -> None:
        if len(fleet.wire.sent) == 2:
            hanging.set()
            fleet.wire.hold(operation)

    fleet.wire.trouble = trouble
    sent = event({A: 201}, [(name, A) for name in made])
    assert fleet.decide(sent, "not_tagged:keep") == made[:200]
    assert "the deadline" in fleet.logged()["reason"]


@pytest.mark.parametrize("policy", ["any", "not_tagged:keep"])
def test_an_invocation_without_time_is_answered_with_none(fleet: Fleet, policy: str) -> None:
    made = seed.instances(1)
    fleet.wire.sent.clear()
    assert fleet.decide(event({A: 1}, [(made[0], A)]), policy, timeout=0.5) == []
    assert "the deadline of" in fleet.logged()["reason"]
    assert fleet.wire.sent == []


def test_the_deadline_is_lambdas_less_the_reserve(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: list[float] = []

    class Noted(Deadline):
        def __init__(self, left: float) -> None:
            seconds.append(left)
            super().__init__(left)

    monkeypatch.setattr(app, "Deadline", Noted)
    monkeypatch.setattr(app, "MAX_SECONDS", MAX_SECONDS)
    for timeout in (1.0, 2.0, 60.0):
        fleet.decide(event({}, []), "any", timeout=timeout, clock=lambda: 0.0)
    assert seconds == [0.5, 1.5, 1.5]
