"""The supervisor's decisions, on a clock of the test's own: nothing here waits."""

from __future__ import annotations

import posix
import signal
from collections.abc import Callable
from typing import cast

import pytest

from surefoot._runtime.workers import supervisor
from surefoot._runtime.workers.restart import DELAYS, ROW_ENDS, RestartPolicy
from surefoot._runtime.workers.shared_state import ANSWERED, ENDED, IDLE
from surefoot._runtime.workers.signals import Signals
from surefoot._runtime.workers.supervisor import SHUTDOWN_SECONDS, Supervisor, System
from surefoot.errors import EXIT_CRASHES, EXIT_SANDBOX_GONE, MAX_ASYNC_TIMEOUT_SECONDS
from tests.unit import fakes

Step = Callable[[], "list[int]"]
Start = Callable[[int], Supervisor]


class Machine(System):
    """Processes that are numbers, and time that passes only while the supervisor waits.

    `steps` happen one at each wait that has no limit, or one that ends later; each returns the
    signals that came. A wait with nothing left to happen is a supervisor that hangs.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.steps: list[Step] = []
        self.killed: list[tuple[float, int, int]] = []
        self.forked: list[tuple[float, int]] = []
        self.ended: list[tuple[int, int]] = []

    def signals(self) -> Signals:
        return cast("Signals", self)

    def monotonic(self) -> float:
        return self.now

    def fork(self) -> int:
        pid = 100 + len(self.forked)
        self.forked.append((self.now, pid))
        return pid

    def kill(self, pid: int, number: int) -> None:
        self.killed.append((self.now, pid, number))
        if number == signal.SIGKILL:
            self.ended.append((pid, signal.SIGKILL))

    def waitpid(self, pid: int, options: int) -> tuple[int, int]:
        assert (pid, options) == (-1, posix.WNOHANG)
        return self.ended.pop(0) if self.ended else (0, 0)

    def wait(self, seconds: float | None) -> list[int]:
        if self.ended:
            return [signal.SIGCHLD]
        if self.steps:
            return self.steps.pop(0)()
        assert seconds is not None, "the supervisor would wait for ever"
        self.now += seconds
        return []


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> Start:
    monkeypatch.setattr(Supervisor, "_share_memory", lambda self: setattr(self, "_collects", True))
    monkeypatch.setattr(supervisor, "log_to_operator", lambda _: None)
    return lambda count: Supervisor(fakes.config(), count, machine)


def kills(machine: Machine) -> list[tuple[float, int]]:
    """Who was killed, and how many seconds after the start; to the millisecond."""
    killed = [(at, pid) for at, pid, number in machine.killed if number == signal.SIGKILL]
    return [(round(at - 1000.0, 3), pid) for at, pid in killed]


def died(machine: Machine, pid: int, status: int = signal.SIGKILL) -> Step:
    def step() -> list[int]:
        machine.ended.append((pid, status))
        return [signal.SIGCHLD]

    return step


def said_the_end(serving: Supervisor, machine: Machine, pid: int, code: int) -> Step:
    """The worker says why it ends, and does."""

    def step() -> list[int]:
        serving.shared_state.set_state(serving.workers[pid], ENDED)
        machine.ended.append((pid, code << 8))
        return [signal.SIGCHLD]

    return step


def test_sigterm_leaves_workers_as_long_as_lambdas_shutdown_takes(
    machine: Machine, start: Start
) -> None:
    serving = start(2)

    def idle_then_asked_to_end() -> list[int]:
        for slot in range(2):
            serving.shared_state.set_state(slot, IDLE)
        return [signal.SIGTERM]

    machine.steps = [idle_then_asked_to_end]
    assert serving.run() == 128 + signal.SIGKILL
    assert machine.killed[:2] == [(1000.0, 100, signal.SIGTERM), (1000.0, 101, signal.SIGTERM)]
    assert kills(machine) == [(SHUTDOWN_SECONDS, 100), (SHUTDOWN_SECONDS, 101)]
    assert 1.0 < SHUTDOWN_SECONDS < 2.0


@pytest.mark.parametrize(
    ("code", "patience"),
    [
        (EXIT_SANDBOX_GONE, SHUTDOWN_SECONDS),
        (1, MAX_ASYNC_TIMEOUT_SECONDS),
        (71, MAX_ASYNC_TIMEOUT_SECONDS),
    ],
)
def test_busy_workers_finish_what_they_have_unless_the_sandbox_is_gone(
    machine: Machine, start: Start, code: int, patience: float
) -> None:
    serving = start(2)

    def busy() -> list[int]:
        serving.shared_state.set_invocation(1, "id", None)
        return said_the_end(serving, machine, 100, code)()

    machine.steps = [busy]
    assert serving.run() == code
    assert kills(machine) == [(patience, 101)]


def test_an_undelivered_message_delays_the_end_by_a_shutdown_at_most(
    machine: Machine, start: Start
) -> None:
    serving = start(1)

    def busy() -> list[int]:
        serving.shared_state.set_invocation(0, "id", None)
        return died(machine, 100)()

    # The message is process 101, the new worker 102: it ends for good, the message hangs.
    machine.steps = [busy, lambda: said_the_end(serving, machine, 102, 1)()]
    assert serving.run() == 1
    assert kills(machine) == [(SHUTDOWN_SECONDS, 101)]


def test_a_lost_invocation_is_reported_once(
    machine: Machine, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[tuple[int, str, str]] = []
    monkeypatch.setattr(
        supervisor,
        "report_lost",
        lambda _, code, *current_invocation: reported.append((code, *current_invocation)),
    )
    serving = start(2)

    def busy() -> list[int]:
        serving.shared_state.set_invocation(0, "one", "n-1")
        serving.shared_state.set_invocation(1, "two", None)
        return died(machine, 100)()

    def answered() -> list[int]:
        slot = serving.workers[103]
        serving.shared_state.set_invocation(slot, "three", None)
        serving.shared_state.set_state(slot, ANSWERED)
        return died(machine, 103)()

    machine.steps = [busy, answered, lambda: [signal.SIGTERM], died(machine, 101, 7 << 8)]
    serving.run()
    # Also while all are to end; not what has its answer already.
    assert reported == [(-9, "one", "n-1"), (7, "two", "")]


def test_workers_that_still_load_end_with_the_first_signal(machine: Machine, start: Start) -> None:
    machine.steps = [lambda: [signal.SIGTERM]]
    assert start(1).run() == 0
    assert (1000.0, 100, signal.SIGKILL) in machine.killed


def test_deaths_in_a_row_are_replaced_later_and_later_and_then_not_at_all(
    machine: Machine, start: Start
) -> None:
    serving = start(1)

    def next_death() -> list[int]:
        if serving.exit_code is not None:
            # The last message is taken.
            return died(machine, next(iter(serving.messengers)), 0)()
        machine.steps.append(next_death)
        if serving.workers:
            return died(machine, *serving.workers)()
        (machine.now,) = serving.vacant.values()
        return []

    machine.steps.append(next_death)
    assert serving.run() == EXIT_CRASHES
    # The last one reports to init/error: no worker ever came as far as an invocation.
    starts = [round(at - 1000.0, 6) for at, _ in machine.forked]
    assert starts == [0.0, 0.0, 0.1, 0.3, 0.7, 1.5, 1.5]


def test_the_policy_counts_deaths_that_follow_each_other_without_a_result() -> None:
    policy = RestartPolicy(2)
    delays = [policy.after_death(10.0, 0) for _ in range(7)]
    assert delays == [10.0, 10.0, 10.1, 10.2, 10.4, 10.8, None]
    assert DELAYS == (0.1, 0.2, 0.4, 0.8)


def test_an_invocation_in_between_begins_a_new_row() -> None:
    policy = RestartPolicy(1)
    assert policy.after_death(10.0, 0) == 10.0
    assert policy.after_death(10.0, 0) == 10.1
    assert policy.after_death(10.0, 1) == 10.0
    assert policy.deaths == 1


@pytest.mark.parametrize(("later", "deaths"), [(ROW_ENDS, 2), (ROW_ENDS + 0.001, 1)])
def test_a_death_long_after_the_last_begins_a_new_row(later: float, deaths: int) -> None:
    policy = RestartPolicy(1)
    policy.after_death(10.0, 0)
    policy.after_death(10.0 + later, 0)
    assert (policy.deaths, ROW_ENDS) == (deaths, 60.0)
