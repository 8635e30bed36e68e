"""A worker's client: how often it asks, and that it does nothing of a forked child."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from surefoot._runtime.workers import worker
from surefoot._runtime.workers.shared_state import ANSWERED, BUSY, ENDED, IDLE, REFUSED, Board
from surefoot._runtime.workers.shutdown_pipe import Drained, Lifeline
from surefoot._runtime.workers.worker import Worker, WorkerClient
from surefoot._runtime_api.invocation import Invocation
from surefoot._runtime_api.transport import Connection
from surefoot.errors import ContainerError, RemoteProtocolError, RuntimeStop
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi
from tests.unit import fakes
from tests.unit.surefoot._runtime_api.test_client import REPORT


class Refused(WorkerClient):
    """Whom the Runtime API gives nothing, `refusals` times; records how long it pauses."""

    def __init__(self, refusals: int, error: RuntimeStop, board: Board) -> None:
        lifeline = Lifeline()
        super().__init__(fakes.config(), 0, board, lifeline)
        self.refusals = refusals
        self.error = error
        self.polls = 0
        self.pauses: list[float] = []
        lifeline.pause = self.pauses.append  # type: ignore[method-assign,assignment]

    def _poll(self) -> Invocation:
        self.polls += 1
        if self.polls <= self.refusals:
            raise self.error
        return fakes.invocation()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "log_to_operator", lambda _: None)


@pytest.mark.parametrize("error", [ContainerError("500"), RemoteProtocolError("no")])
def test_next_is_asked_five_times_with_longer_and_longer_pauses(error: RuntimeStop) -> None:
    board = Board(2)
    client = Refused(5, error, board)
    with pytest.raises(type(error)):
        client.next()
    assert (client.polls, client.pauses) == (5, [0.1, 0.2, 0.4, 0.8])
    assert board.state(0) == REFUSED


def test_the_fifth_time_may_succeed() -> None:
    board = Board(1)
    client = Refused(4, ContainerError("500"), board)
    assert client.next().request_id == fakes.REQUEST_ID
    assert (client.pauses, board.state(0)) == ([0.1, 0.2, 0.4, 0.8], BUSY)


def test_while_others_are_served_a_container_error_is_about_this_place_only() -> None:
    board = Board(2)
    board.enter(1, IDLE)
    client = Refused(8, ContainerError("500"), board)
    client.next()
    assert client.pauses == [0.1, 0.2, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8]
    with pytest.raises(RemoteProtocolError):
        Refused(8, RemoteProtocolError("no"), board).next()


def in_a_child(act: Callable[[], object]) -> int:
    """Run `act` in a forked child; 0 when it was shown out there."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            act()
        except SystemExit as leaving:
            code = 0 if leaving.code == 0 else 3
        except BaseException:
            code = 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_of_a_worker_does_nothing_in_its_name() -> None:
    with RuntimeApi() as api:
        config = fakes.config(AWS_LAMBDA_RUNTIME_API=api.address)
        board, lifeline = Board(1), Lifeline()
        client = WorkerClient(config, 0, board, lifeline)
        invocation = fakes.invocation()
        board.take(0, invocation.request_id, None)
        for act in (
            client.next,
            lambda: client.respond(invocation, b"", "text/plain"),
            lambda: client.fail(invocation, REPORT),
            lambda: client.init_error(REPORT),
        ):
            assert in_a_child(act) == 0
        assert api.requests == []
        assert (board.state(0), board.done()) == (BUSY, 0)
        worker = Worker(config, 0, board, lifeline)

        def stop(_: object) -> None:
            raise RemoteProtocolError("no")

        def run() -> None:
            with pytest.raises(RemoteProtocolError):
                worker.run(stop)
            assert worker.first_word()
            raise SystemExit(0)

        assert in_a_child(run) == 0
        assert (board.state(0), lifeline.take_token()) == (BUSY, True)
        client.init_error(REPORT)
        assert board.state(0) == ENDED
        assert api.complete(Route.INIT_ERROR) == []


def test_a_forked_child_leaves_the_connection_to_its_parent() -> None:
    with RuntimeApi() as api:
        host, port = api.address.split(":")
        connection = Connection(host, int(port))
        connection.exchange(
            b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
        )
        assert connection._socket is not None
        descriptor = connection._socket.fileno()

        def use() -> None:
            with pytest.raises(OSError):
                os.fstat(descriptor)
            connection.exchange(b"GET / HTTP/1.1\r\n\r\n")

        assert in_a_child(use) == 0
        reply = connection.exchange(
            b"POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
        )
        assert (reply.status, {each.connection for each in api.requests}) == (202, {0})
        connection.close()


def test_an_answered_invocation_is_nobodys_loss() -> None:
    board = Board(2)
    board.take(0, "id", None)
    board.enter(0, ANSWERED)
    assert (board.taken(0), board.done(), board.others_are_served(1)) == (None, 1, True)
    board.enter(0, IDLE)
    assert board.done() == 1


def test_a_child_of_the_supervisor_does_not_hold_the_lifeline() -> None:
    lifeline = Lifeline()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    try:
        lifeline.cut()
        with pytest.raises(Drained):
            lifeline.pause(20)
    finally:
        os.close(writing)
        os.close(reading)
        os.waitpid(pid, 0)


def test_a_worker_that_lost_its_end_of_the_lifeline_goes_on_while_it_has_a_supervisor() -> None:
    lifeline = Lifeline()
    os.close(lifeline._reading)
    os.close(lifeline._tokens)
    lifeline.pause(0)
    assert lifeline.take_token()
    # Their numbers may be a file's of the function's own.
    other = os.open("/dev/zero", os.O_RDONLY)
    for number in (lifeline._reading, lifeline._tokens):
        if number != other:
            os.dup2(other, number)
    lifeline.pause(0)
    assert lifeline.take_token()
    lifeline._supervisor = -1
    with pytest.raises(Drained):
        lifeline.pause(0)
    for number in {other, lifeline._reading, lifeline._tokens}:
        os.close(number)
    lifeline.cut()
