"""What workers and supervisor share; the processes themselves are in tests/workers."""

from __future__ import annotations

import signal
import socket

import pytest

from surefoot.errors import MAX_TIMEOUT_SECONDS
from surefoot.invocation import real_deadline
from surefoot.workers.board import BUSY, ENDED, IDLE, INIT, REFUSED, Board
from surefoot.workers.child import WorkerClient
from surefoot.workers.lifeline import Drained, Lifeline
from surefoot.workers.messages import fate
from surefoot.workers.signals import Signals
from tests.support.invocation import Invocation
from tests.support.reply import status_reply
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi
from tests.unit import fakes
from tests.unit.test_client import REPORT


def test_an_invocation_is_named_while_a_worker_is_busy_with_it() -> None:
    board = Board(2)
    assert board.taken(1) is None
    board.take(1, "a/b \udcff", None)
    assert (board.state(1), board.taken(1), board.taken(0)) == (BUSY, ("a/b \udcff", ""), None)
    board.take(1, "short", "n-1")
    assert board.taken(1) == ("short", "n-1")
    board.enter(1, IDLE)
    assert (board.state(1), board.taken(1)) == (IDLE, None)


def test_an_endless_id_does_not_reach_the_neighbour() -> None:
    board = Board(2)
    board.enter(1, REFUSED)
    board.take(0, "x" * 5000, "y")
    assert (board.state(0), board.taken(0), board.state(1)) == (BUSY, None, REFUSED)


def test_an_invocation_is_named_by_up_to_4084_bytes() -> None:
    board = Board(1)
    board.take(0, "x" * 4084, None)
    assert board.taken(0) == ("x" * 4084, "")
    # The last byte of the page is no worker's.
    assert not board.was_ready()
    board.take(0, "x" * 4085, None)
    assert board.taken(0) is None


def test_only_finished_invocations_count() -> None:
    board = Board(2)
    for slot in (0, 1, 1):
        board.enter(slot, IDLE)
        board.take(slot, "id", None)
        board.enter(slot, IDLE)
    board.take(0, "id", None)
    board.enter(0, INIT)
    assert board.done() == 3


def test_whoever_has_a_place_is_served() -> None:
    board = Board(3)
    for state, served in ((INIT, False), (REFUSED, False), (IDLE, True), (ENDED, False)):
        board.enter(2, state)
        assert board.others_are_served(0) == served
        assert not board.others_are_served(2)


def test_a_worker_that_asked_once_was_ready_for_good() -> None:
    board = Board(1)
    board.enter(0, ENDED)
    assert not board.was_ready()
    board.enter(0, IDLE)
    board.enter(0, INIT)
    assert board.was_ready()


def test_the_token_goes_to_one() -> None:
    lifeline = Lifeline()
    assert [lifeline.take_token() for _ in range(3)] == [True, False, False]


def test_a_cut_lifeline_ends_every_wait_but_for_what_is_here() -> None:
    lifeline = Lifeline()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        lifeline.pause(0)
        assert not lifeline.wait(ours, 0)
        theirs.send(b"x")
        assert lifeline.wait(ours)
        lifeline.cut()
        lifeline.cut()
        assert lifeline.wait(ours)
        ours.recv(1)
        with pytest.raises(Drained):
            lifeline.wait(ours)
        with pytest.raises(Drained):
            lifeline.pause(60)


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
    ("code", "state", "taken", "words"),
    [
        (-9, IDLE, None, "idle, was killed by signal 9 (Killed); perhaps out of memory?"),
        (-11, INIT, None, "still loading the function, was killed by signal 11 (Segmentation"),
        (3, BUSY, None, "busy with an invocation, ended by itself with exit code 3"),
        (0, BUSY, ("id", ""), "busy with request id (which is now reported as failed), ended"),
    ],
)
def test_a_death_is_told_with_its_circumstances(
    code: int, state: int, taken: tuple[str, str] | None, words: str
) -> None:
    assert fate(code, state, taken).startswith(words)


def test_the_first_worker_alone_reports_an_init_error() -> None:
    with RuntimeApi() as api:
        config = fakes.config(AWS_LAMBDA_RUNTIME_API=api.address)
        board, lifeline = Board(2), Lifeline()
        for slot in range(2):
            client = WorkerClient(config, slot, board, lifeline)
            client.init_error(REPORT)
            client.connection.close()
            assert board.state(slot) == ENDED
        assert len(api.complete(Route.INIT_ERROR)) == 1


def test_a_worker_that_is_to_end_asks_for_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with RuntimeApi([Invocation(), Invocation(raw=status_reply(500))]) as api:
        config = fakes.config(AWS_LAMBDA_RUNTIME_API=api.address)
        board, lifeline = Board(1), Lifeline()
        client = WorkerClient(config, 0, board, lifeline)
        invocation = client.next()
        assert board.taken(0) == (invocation.request_id, "")
        lifeline.cut()
        client.respond(invocation, b"null", "application/json")
        with pytest.raises(Drained):
            client.next()
        assert len(api.complete(Route.NEXT)) == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("seconds", [1, 3, 60, 300, 900, 1800])
def test_the_emulators_deadline_is_taken_as_it_was_meant(seconds: int) -> None:
    now = 1_767_225_600_000
    for latency in (0, 5, 900):
        meant = real_deadline(now - latency + seconds * 10**9, now)
        assert abs(meant - (now + seconds * 1000)) <= 1


@pytest.mark.parametrize("left", [-5000, 0, 1, 900_000, 86_400_000, 2 * 10**12])
def test_every_other_deadline_is_taken_as_it_is(left: int) -> None:
    now = 1_767_225_600_000
    assert real_deadline(now + left, now + 0.5) == now + left


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
    assert real_deadline(now + left, now) == now + meant
