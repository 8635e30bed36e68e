"""What workers and supervisor share; the processes themselves are in tests/integration/workers."""

from __future__ import annotations

import signal
import socket

import pytest

from surefoot._runtime.workers.crash_report import describe_exit
from surefoot._runtime.workers.shared_state import BUSY, ENDED, IDLE, INIT, REFUSED, SharedState
from surefoot._runtime.workers.shutdown_pipe import Drained, ShutdownPipe
from surefoot._runtime.workers.signals import Signals
from surefoot._runtime.workers.worker import WorkerClient
from surefoot._runtime_api.invocation import correct_rie_deadline
from surefoot.errors import MAX_TIMEOUT_SECONDS
from tests.support.invocation import Invocation
from tests.support.reply import status_reply
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi
from tests.unit import fakes
from tests.unit.surefoot._runtime_api.test_client import REPORT


def test_an_invocation_is_named_while_a_worker_is_busy_with_it() -> None:
    shared_state = SharedState(2)
    assert shared_state.current_invocation(1) is None
    shared_state.set_invocation(1, "a/b \udcff", None)
    assert (
        shared_state.state(1),
        shared_state.current_invocation(1),
        shared_state.current_invocation(0),
    ) == (BUSY, ("a/b \udcff", ""), None)
    shared_state.set_invocation(1, "short", "n-1")
    assert shared_state.current_invocation(1) == ("short", "n-1")
    shared_state.set_state(1, IDLE)
    assert (shared_state.state(1), shared_state.current_invocation(1)) == (IDLE, None)


def test_an_endless_id_does_not_reach_the_neighbour() -> None:
    shared_state = SharedState(2)
    shared_state.set_state(1, REFUSED)
    shared_state.set_invocation(0, "x" * 5000, "y")
    assert (shared_state.state(0), shared_state.current_invocation(0), shared_state.state(1)) == (
        BUSY,
        None,
        REFUSED,
    )


def test_an_invocation_is_named_by_up_to_4084_bytes() -> None:
    shared_state = SharedState(1)
    shared_state.set_invocation(0, "x" * 4084, None)
    assert shared_state.current_invocation(0) == ("x" * 4084, "")
    # The last byte of the page is no worker's.
    assert not shared_state.was_ready()
    shared_state.set_invocation(0, "x" * 4085, None)
    assert shared_state.current_invocation(0) is None


def test_only_finished_invocations_count() -> None:
    shared_state = SharedState(2)
    for slot in (0, 1, 1):
        shared_state.set_state(slot, IDLE)
        shared_state.set_invocation(slot, "id", None)
        shared_state.set_state(slot, IDLE)
    shared_state.set_invocation(0, "id", None)
    shared_state.set_state(0, INIT)
    assert shared_state.done() == 3


def test_a_worker_that_is_polling_or_busy_counts_as_served() -> None:
    shared_state = SharedState(3)
    for state, served in ((INIT, False), (REFUSED, False), (IDLE, True), (ENDED, False)):
        shared_state.set_state(2, state)
        assert shared_state.any_other_served(0) == served
        assert not shared_state.any_other_served(2)


def test_a_worker_that_asked_once_was_ready_for_good() -> None:
    shared_state = SharedState(1)
    shared_state.set_state(0, ENDED)
    assert not shared_state.was_ready()
    shared_state.set_state(0, IDLE)
    shared_state.set_state(0, INIT)
    assert shared_state.was_ready()


def test_the_token_goes_to_one() -> None:
    shutdown_pipe = ShutdownPipe()
    assert [shutdown_pipe.acquire_once() for _ in range(3)] == [True, False, False]


def test_a_cut_lifeline_ends_every_wait_but_for_what_is_here() -> None:
    shutdown_pipe = ShutdownPipe()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        shutdown_pipe.pause(0)
        assert not shutdown_pipe.wait(ours, 0)
        theirs.send(b"x")
        assert shutdown_pipe.wait(ours)
        shutdown_pipe.close()
        shutdown_pipe.close()
        assert shutdown_pipe.wait(ours)
        ours.recv(1)
        with pytest.raises(Drained):
            shutdown_pipe.wait(ours)
        with pytest.raises(Drained):
            shutdown_pipe.pause(60)


def test_signals_are_recorded_in_order_and_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    signals = Signals()
    try:
        assert signals.wait(0) == []
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert signals.wait(None) == [signal.SIGTERM, signal.SIGINT]
    finally:
        signals._leave()
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize(
    ("code", "state", "current_invocation", "words"),
    [
        (-9, IDLE, None, "idle, was killed by signal 9 (Killed); perhaps out of memory?"),
        (-11, INIT, None, "still loading the function, was killed by signal 11 (Segmentation"),
        (3, BUSY, None, "busy with an invocation, ended by itself with exit code 3"),
        (0, BUSY, ("id", ""), "busy with request id (which is now reported as failed), ended"),
    ],
)
def test_an_exit_is_described_with_its_circumstances(
    code: int, state: int, current_invocation: tuple[str, str] | None, words: str
) -> None:
    assert describe_exit(code, state, current_invocation).startswith(words)


def test_the_first_worker_alone_reports_an_init_error() -> None:
    with RuntimeApi() as api:
        config = fakes.config(AWS_LAMBDA_RUNTIME_API=api.address)
        shared_state, shutdown_pipe = SharedState(2), ShutdownPipe()
        for slot in range(2):
            client = WorkerClient(config, slot, shared_state, shutdown_pipe)
            client.init_error(REPORT)
            client.connection.close()
            assert shared_state.state(slot) == ENDED
        assert len(api.complete(Route.INIT_ERROR)) == 1


def test_a_worker_that_is_to_end_asks_for_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with RuntimeApi([Invocation(), Invocation(raw=status_reply(500))]) as api:
        config = fakes.config(AWS_LAMBDA_RUNTIME_API=api.address)
        shared_state, shutdown_pipe = SharedState(1), ShutdownPipe()
        client = WorkerClient(config, 0, shared_state, shutdown_pipe)
        invocation = client.next()
        assert shared_state.current_invocation(0) == (invocation.request_id, "")
        shutdown_pipe.close()
        client.respond(invocation, b"null", "application/json")
        with pytest.raises(Drained):
            client.next()
        assert len(api.complete(Route.NEXT)) == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("seconds", [1, 3, 60, 300, 900, 1800])
def test_the_emulators_deadline_is_taken_as_it_was_meant(seconds: int) -> None:
    now = 1_767_225_600_000
    for latency in (0, 5, 900):
        meant = correct_rie_deadline(now - latency + seconds * 10**9, now)
        assert abs(meant - (now + seconds * 1000)) <= 1


@pytest.mark.parametrize("left", [-5000, 0, 1, 900_000, 86_400_000, 2 * 10**12])
def test_every_other_deadline_is_taken_as_it_is(left: int) -> None:
    now = 1_767_225_600_000
    assert correct_rie_deadline(now + left, now + 0.5) == now + left


LONGEST = round((MAX_TIMEOUT_SECONDS + 0.1) * 1e9)


@pytest.mark.parametrize(
    ("left", "meant"),
    [
        (900_000_000 - 1, 900_000_000 - 1),
        (900_000_000, 900),
        (1800 * 10**9, 1_800_000),
        (LONGEST, LONGEST // 10**6),
        (LONGEST + 1, LONGEST + 1),
    ],
)
def test_a_deadline_is_the_emulators_from_09_s_to_the_longest_time_out(
    left: int, meant: int
) -> None:
    now = 1_767_225_600_000
    assert correct_rie_deadline(now + left, now) == now + meant
