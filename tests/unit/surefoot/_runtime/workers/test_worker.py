"""A worker's client: how often it asks, and that it does nothing of a forked child."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from surefoot._runtime.workers import worker
from surefoot._runtime.workers.shared_state import ANSWERED, BUSY, ENDED, IDLE, REFUSED, SharedState
from surefoot._runtime.workers.shutdown_pipe import Drained, ShutdownPipe
from surefoot._runtime.workers.worker import Worker, WorkerClient
from surefoot._runtime_api.invocation import Invocation
from surefoot._runtime_api.transport import Connection
from surefoot.errors import ContainerError, FatalError, RemoteProtocolError
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi
from tests.unit import fakes
from tests.unit.surefoot._runtime_api.test_client import REPORT


class Refused(WorkerClient):
    """Whom the Runtime API gives nothing, `refusals` times; records how long it pauses."""

    def __init__(self, refusals: int, error: FatalError, shared_state: SharedState) -> None:
        shutdown_pipe = ShutdownPipe()
        super().__init__(fakes.config(), 0, shared_state, shutdown_pipe)
        self.refusals = refusals
        self.error = error
        self.polls = 0
        self.pauses: list[float] = []
        shutdown_pipe.pause = self.pauses.append  # type: ignore[method-assign,assignment]

    def _poll(self) -> Invocation:
        self.polls += 1
        if self.polls <= self.refusals:
            raise self.error
        return fakes.invocation()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "log_to_operator", lambda _: None)


@pytest.mark.parametrize("error", [ContainerError("500"), RemoteProtocolError("no")])
def test_next_is_asked_five_times_with_longer_and_longer_pauses(error: FatalError) -> None:
    shared_state = SharedState(2)
    client = Refused(5, error, shared_state)
    with pytest.raises(type(error)):
        client.next()
    assert (client.polls, client.pauses) == (5, [0.1, 0.2, 0.4, 0.8])
    assert shared_state.state(0) == REFUSED


def test_the_fifth_time_may_succeed() -> None:
    shared_state = SharedState(1)
    client = Refused(4, ContainerError("500"), shared_state)
    assert client.next().request_id == fakes.REQUEST_ID
    assert (client.pauses, shared_state.state(0)) == ([0.1, 0.2, 0.4, 0.8], BUSY)


def test_while_others_are_served_a_container_error_is_about_this_place_only() -> None:
    shared_state = SharedState(2)
    shared_state.set_state(1, IDLE)
    client = Refused(8, ContainerError("500"), shared_state)
    client.next()
    assert client.pauses == [0.1, 0.2, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8]
    with pytest.raises(RemoteProtocolError):
        Refused(8, RemoteProtocolError("no"), shared_state).next()


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
        shared_state, shutdown_pipe = SharedState(1), ShutdownPipe()
        client = WorkerClient(config, 0, shared_state, shutdown_pipe)
        invocation = fakes.invocation()
        shared_state.set_invocation(0, invocation.request_id, None)
        for act in (
            client.next,
            lambda: client.respond(invocation, b"", "text/plain"),
            lambda: client.fail(invocation, REPORT),
            lambda: client.init_error(REPORT),
        ):
            assert in_a_child(act) == 0
        assert api.requests == []
        assert (shared_state.state(0), shared_state.done()) == (BUSY, 0)
        worker = Worker(config, 0, shared_state, shutdown_pipe)

        def stop(_: object) -> None:
            raise RemoteProtocolError("no")

        def run() -> None:
            with pytest.raises(RemoteProtocolError):
                worker.run(stop)
            assert worker.claims_report()
            raise SystemExit(0)

        assert in_a_child(run) == 0
        assert (shared_state.state(0), shutdown_pipe.acquire_once()) == (BUSY, True)
        client.init_error(REPORT)
        assert shared_state.state(0) == ENDED
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


def test_an_answered_invocation_is_not_lost_with_its_worker() -> None:
    shared_state = SharedState(2)
    shared_state.set_invocation(0, "id", None)
    shared_state.set_state(0, ANSWERED)
    assert (
        shared_state.current_invocation(0),
        shared_state.done(),
        shared_state.any_other_served(1),
    ) == (None, 1, True)
    shared_state.set_state(0, IDLE)
    assert shared_state.done() == 1


def test_a_child_of_the_supervisor_does_not_hold_the_lifeline() -> None:
    shutdown_pipe = ShutdownPipe()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    try:
        shutdown_pipe.close()
        with pytest.raises(Drained):
            shutdown_pipe.pause(20)
    finally:
        os.close(writing)
        os.close(reading)
        os.waitpid(pid, 0)


def test_a_worker_that_lost_its_end_of_the_lifeline_goes_on_while_it_has_a_supervisor() -> None:
    shutdown_pipe = ShutdownPipe()
    os.close(shutdown_pipe._reading)
    os.close(shutdown_pipe._tokens)
    shutdown_pipe.pause(0)
    assert shutdown_pipe.acquire_once()
    # Their numbers may be a file's of the function's own.
    other = os.open("/dev/zero", os.O_RDONLY)
    for number in (shutdown_pipe._reading, shutdown_pipe._tokens):
        if number != other:
            os.dup2(other, number)
    shutdown_pipe.pause(0)
    assert shutdown_pipe.acquire_once()
    shutdown_pipe._supervisor = -1
    with pytest.raises(Drained):
        shutdown_pipe.pause(0)
    for number in {other, shutdown_pipe._reading, shutdown_pipe._tokens}:
        os.close(number)
    shutdown_pipe.close()
