"""The supervisor's decisions, on a clock of the test's own: nothing here waits."""

from __future__ import annotations

import gc
import posix
import signal
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import TextIO, cast

import pytest

from surefoot._runtime.workers import supervisor
from surefoot._runtime.workers.restart import DELAYS, ROW_ENDS, RestartPolicy
from surefoot._runtime.workers.shared_state import ANSWERED, ENDED, IDLE
from surefoot._runtime.workers.signals import Signals
from surefoot._runtime.workers.supervisor import SHUTDOWN_SECONDS, Supervisor, System
from surefoot._runtime.workers.worker import InChild
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


@pytest.mark.parametrize("collects", [True, False])
@pytest.mark.parametrize("pid", [0, 7])
def test_a_new_worker_is_its_own_owner_and_the_supervisor_stays_as_it_is(
    start: Start, monkeypatch: pytest.MonkeyPatch, pid: int, collects: bool
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(supervisor, "become_owner", lambda: calls.append("owner"))
    monkeypatch.setattr(gc, "enable", lambda: calls.append("collects"))
    serving = start(2)
    monkeypatch.setattr(serving.shutdown_pipe, "close", lambda: calls.append("cut"))
    serving.signals = cast("Signals", SimpleNamespace(fork=lambda: pid))
    serving._collects = collects
    if pid:
        serving._spawn(1)
        assert (calls, serving.workers, list(serving.vacant)) == ([], {7: 1}, [0])
        return
    with pytest.raises(InChild) as caught:
        serving._spawn(1)
    assert (caught.value.worker.slot, serving.workers) == (1, {})
    assert calls == (["owner", "cut", "collects"] if collects else ["owner", "cut"])


def test_a_message_is_sent_in_a_process_of_its_own_which_then_ends(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(supervisor, "become_owner", lambda: None)
    monkeypatch.setattr(posix, "_exit", lambda code: calls.append(("exit", code)))
    serving = start(1)
    serving._collects = False

    def fork() -> int:
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    serving.signals = cast("Signals", SimpleNamespace(fork=fork))
    outcome: int | OSError = 0
    serving._send(lambda: calls.append("sent"))
    assert calls == ["sent", ("exit", 0)]
    del calls[:]
    serving.messengers.clear()
    outcome = 7
    serving._send(lambda: calls.append("sent"))
    assert (calls, serving.messengers) == ([], {7})
    outcome = OSError("no process left")
    serving._send(lambda: calls.append("sent"))
    assert (calls, serving.messengers) == ([], {7})


def test_a_worker_that_cannot_be_started_is_tried_again_later(
    machine: Machine, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(supervisor, "log_to_operator", said.append)

    def fork() -> int:
        raise OSError(11, "Resource temporarily unavailable")

    serving = start(2)
    serving.signals = cast("Signals", SimpleNamespace(fork=fork))
    serving._collects = False
    serving._spawn(1)
    assert said == ["cannot start worker 2 of 2: Resource temporarily unavailable."]
    assert (serving.workers, serving.vacant[1]) == ({}, machine.now)
    monkeypatch.setattr(serving.signals, "fork", lambda: (_ for _ in ()).throw(OSError("odd")))
    serving._spawn(0)
    assert said[1] == "cannot start worker 1 of 2: odd."


@pytest.mark.parametrize("writable", [True, False])
def test_output_is_flushed_before_a_fork_unless_that_would_wait(
    monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    flushed: list[str] = []
    asked: list[int] = []
    stream = SimpleNamespace(fileno=lambda: 5, flush=lambda: flushed.append("flushed"))

    def is_writable(number: int) -> bool:
        asked.append(number)
        return writable

    monkeypatch.setattr(supervisor, "is_writable", is_writable)
    supervisor._flush(cast("TextIO", stream))
    assert (asked, flushed) == ([5], ["flushed"] if writable else [])
    supervisor._flush(None)
    broken = SimpleNamespace(fileno=lambda: (_ for _ in ()).throw(ValueError("closed")))
    supervisor._flush(cast("TextIO", broken))
    assert asked == [5]


def test_all_memory_is_taken_out_of_the_collectors_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("collect", "freeze", "disable"):
        monkeypatch.setattr(gc, name, lambda name=name: calls.append(name))
    monkeypatch.setattr(gc, "isenabled", lambda: True)
    serving = Supervisor(fakes.config(), 1, Machine())
    serving._share_memory()
    assert (calls, serving._collects) == (["collect", "freeze", "disable"], True)


@pytest.mark.parametrize(
    ("vacant", "patience", "wait"),
    [
        ([0.25, 8.0], None, 0.25),
        ([-5.0], None, 0.0),
        ([], None, None),
        # At the end no place is filled any more.
        ([0.25], 0.5, 0.5),
        ([], -5.0, 0.0),
        ([], float("inf"), None),
    ],
)
def test_it_waits_for_the_next_thing_to_do_and_no_longer(
    machine: Machine,
    start: Start,
    vacant: list[float],
    patience: float | None,
    wait: float | None,
) -> None:
    waits: list[float | None] = []
    serving = start(2)

    def no_signals(due: float | None) -> list[int]:
        waits.append(due)
        return []

    serving.signals = cast("Signals", SimpleNamespace(wait=no_signals))
    serving.vacant = {slot: machine.now + due for slot, due in enumerate(vacant)}
    if patience is not None:
        serving.exit_code = 1
        serving.patience_ends = machine.now + patience
    serving._handle_signals()
    assert waits == [wait]


def test_all_places_are_filled_from_the_first_moment_of_the_clock(
    machine: Machine, start: Start
) -> None:
    machine.now = 0.0
    serving = start(2)
    serving.signals = machine.signals()
    serving._keep_alive()
    assert (sorted(serving.workers.values()), serving.vacant) == ([0, 1], {})


def test_the_second_signal_ends_at_once_and_the_first_shortens_a_longer_patience(
    machine: Machine, start: Start
) -> None:
    machine.now = 0.0
    serving = start(1)
    serving.workers = {100: 0}
    serving.shared_state.set_state(0, IDLE)
    serving.exit_code, serving.patience_ends = 3, 100.0
    serving._terminate(signal.SIGTERM)
    assert (serving.exit_code, serving.patience_ends) == (3, SHUTDOWN_SECONDS)
    assert machine.killed == [(0.0, 100, signal.SIGTERM)]
    serving._terminate(signal.SIGINT)
    assert serving.patience_ends <= machine.now
    assert len(machine.killed) == 1
    # At any time of the clock.
    machine.now = 5000.0
    serving.patience_ends = machine.now + 1.0
    serving._terminate(signal.SIGINT)
    assert serving.patience_ends <= machine.now


def test_a_process_without_children_has_nothing_to_reap(machine: Machine, start: Start) -> None:
    def waitpid(*_: int) -> tuple[int, int]:
        raise ChildProcessError

    machine.waitpid = waitpid  # type: ignore[method-assign,assignment]
    start(1)._reap()


def test_both_streams_are_flushed_before_a_fork(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[object] = []
    monkeypatch.setattr(supervisor, "_flush", flushed.append)
    serving = start(1)
    serving.signals = cast("Signals", SimpleNamespace(fork=lambda: 7))
    serving._fork()
    assert flushed == [sys.stdout, sys.stderr]


def test_a_dead_worker_is_named_by_place_and_process(
    machine: Machine, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(supervisor, "log_to_operator", said.append)
    serving = start(2)
    serving.workers = {100: 0, 101: 1}
    serving.shared_state.set_state(1, IDLE)
    machine.ended = [(101, signal.SIGTERM)]
    serving._reap()
    assert said == ["worker 2 of 2 (pid 101), idle, was killed by signal 15 (Terminated)"]
    assert (serving.workers, serving.vacant[1]) == ({100: 0}, machine.now)
