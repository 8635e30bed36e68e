"""A worker's client: how often it asks, and that it does nothing of a forked worker."""

from __future__ import annotations

import os
import posix
import socket
import time
from collections.abc import Callable
from typing import cast

import pytest

from surefoot._runtime.workers import log_socket, worker
from surefoot._runtime.workers import shutdown_pipe as shutdown_pipe_module
from surefoot._runtime.workers.shared_state import (
    ANSWERED,
    BUSY,
    ENDED,
    IDLE,
    INIT,
    REFUSED,
    SharedState,
)
from surefoot._runtime.workers.shutdown_pipe import Drained, ShutdownPipe
from surefoot._runtime.workers.worker import Worker, WorkerClient, WorkerConnection
from surefoot._runtime_api.client import Client
from surefoot._runtime_api.invocation import Invocation
from surefoot._runtime_api.streamed_answer import StreamedAnswer
from surefoot._runtime_api.streaming import Stream
from surefoot._runtime_api.transport import Connection
from surefoot.errors import EXIT_INIT, ContainerError, FatalError, RemoteProtocolError
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi
from tests.unit import fakes
from tests.unit.surefoot._runtime_api.test_client import REPORT

# The Runtime API of these tests runs in threads; a child that is forked next to them ends at once.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


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


@pytest.mark.parametrize("parked", [True, False])
def test_a_worker_whose_question_no_refusal_answers_has_a_place(
    monkeypatch: pytest.MonkeyPatch, parked: bool
) -> None:
    waits: list[float | None] = []
    shared_state, shutdown_pipe = SharedState(1), ShutdownPipe()
    shared_state.set_state(0, REFUSED)

    def wait(_: object, seconds: float | None = None) -> bool:
        waits.append(seconds)
        return not parked or seconds is None

    pauses: list[float] = []
    shutdown_pipe.pause = pauses.append  # type: ignore[method-assign,assignment]
    shutdown_pipe.wait = wait  # type: ignore[method-assign,assignment]
    monkeypatch.setattr(Connection, "_send", lambda *_: None)
    connection = WorkerConnection(fakes.config(), 0, shared_state, shutdown_pipe)
    connection.polling = True
    assert connection._send(NO_SOCKET, b"GET", b"") is None
    assert (waits, pauses) == ([0.8, None] if parked else [0.8], [0])
    assert shared_state.state(0) == (IDLE if parked else REFUSED)


def test_a_worker_waits_for_no_reply_that_is_here_and_for_none_to_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    early = fakes.reply(500)
    replies = [early, None]
    shutdown_pipe = ShutdownPipe()
    shutdown_pipe.wait = pytest.fail  # type: ignore[method-assign,assignment]
    monkeypatch.setattr(Connection, "_send", lambda *_: replies.pop(0))
    connection = WorkerConnection(fakes.config(), 0, SharedState(1), shutdown_pipe)
    connection.polling = True
    assert connection._send(NO_SOCKET, b"GET", b"") is early
    connection.polling = False
    shutdown_pipe.close()
    assert connection._send(NO_SOCKET, b"POST", b"") is None
    replies.append(None)
    connection = WorkerConnection(fakes.config(), 0, SharedState(1), shutdown_pipe)
    assert connection._send(NO_SOCKET, b"POST", b"") is None


NO_SOCKET = cast("socket.socket", None)
STREAM = cast("Stream", None)


@pytest.mark.parametrize("error", [ContainerError("500."), None])
def test_an_answer_that_cannot_be_delivered_ends_no_worker(
    monkeypatch: pytest.MonkeyPatch, error: FatalError | None
) -> None:
    said: list[str] = []
    called: list[str] = []

    def trouble(name: str) -> Callable[..., None]:
        def method(*_: object) -> None:
            called.append(name)
            if error is not None:
                raise error

        return method

    monkeypatch.setattr(worker, "log_to_operator", said.append)
    for name in ("respond", "fail", "stream", "end_stream"):
        monkeypatch.setattr(Client, name, trouble(name))
    shared_state = SharedState(1)
    client = WorkerClient(fakes.config(), 0, shared_state, ShutdownPipe())
    invocation = fakes.invocation()
    acts: list[Callable[[], None]] = [
        lambda: client.respond(invocation, b"", "text/plain"),
        lambda: client.fail(invocation, REPORT),
        lambda: client.stream(invocation, STREAM, lambda _: REPORT),
        lambda: client.end_stream(invocation, cast("StreamedAnswer", None), REPORT),
    ]
    for act in acts:
        shared_state.set_invocation(0, "id", None)
        act()
        assert shared_state.state(0) == ANSWERED
    assert called == ["respond", "fail", "stream", "end_stream"]
    assert said == ([] if error is None else ["500. The worker goes on."] * 4)


def test_refusals_are_logged_once_and_the_question_is_watched_only_while_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    seen: list[bool] = []
    errors: list[FatalError] = [ContainerError("second."), ContainerError("first.")]

    def answer(client: WorkerClient) -> Invocation:
        seen.append(client.worker_connection.polling)
        if errors:
            raise errors.pop()
        return fakes.invocation(headers={"lambda-runtime-deadline-ms": emulated})

    emulated = str(1_000_000_000 + 5 * 10**9)
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    monkeypatch.setattr(worker, "log_to_operator", said.append)
    monkeypatch.setattr(Client, "next", answer)
    shutdown_pipe = ShutdownPipe()
    shutdown_pipe.pause = lambda _: None  # type: ignore[method-assign,assignment]
    client = WorkerClient(fakes.config(), 1, SharedState(2), shutdown_pipe)
    # The emulator's deadline, taken as it was meant.
    assert client.next().deadline_ms == 1_000_005_000
    assert said == ["first. Worker 2 asks again."]
    assert (seen, client.worker_connection.polling) == ([True] * 3, False)


@pytest.mark.parametrize(
    ("error", "code", "state"),
    [(ContainerError("500."), ContainerError.exit_code, ENDED), (None, EXIT_INIT, INIT)],
)
def test_a_worker_says_with_its_state_and_code_why_it_ends(
    error: FatalError | None, code: int, state: int
) -> None:
    shared_state = SharedState(1)
    worker = Worker(fakes.config(), 0, shared_state, ShutdownPipe())

    def work(client: Client) -> None:
        assert isinstance(client, WorkerClient)
        raise error or Drained

    if error is None:
        assert worker.run(work) == 0
    else:
        with pytest.raises(ContainerError):
            worker.run(work)
    assert (worker.exit_code, shared_state.state(0)) == (code, state)


def test_one_worker_alone_has_the_first_word() -> None:
    shutdown_pipe = ShutdownPipe()
    workers = [Worker(fakes.config(), slot, SharedState(2), shutdown_pipe) for slot in range(2)]
    assert [each.claims_report() for each in workers] == [True, False]


class Poll:
    """Says what is ready, one answer for each question, and keeps for how long it was asked."""

    def __init__(self, *ready: list[int]) -> None:
        self.ready = list(ready)
        self.limits: list[int | None] = []

    def register(self, *_: int) -> None: ...

    def poll(self, limit: int | None) -> list[tuple[int, int]]:
        self.limits.append(limit)
        return [(each, 1) for each in self.ready.pop(0)]


class Connected:
    """A socket with a number of its own."""

    def fileno(self) -> int:
        return 77


@pytest.mark.parametrize(
    ("held", "seconds", "limits"),
    [(True, 8.0, [8000]), (True, None, [None]), (False, 8.0, [8000]), (False, None, [1000, 1000])],
)
def test_without_its_end_of_the_pipe_a_worker_looks_for_its_supervisor_every_second(
    monkeypatch: pytest.MonkeyPatch, held: bool, seconds: float | None, limits: list[int | None]
) -> None:
    shutdown_pipe = ShutdownPipe()
    poll = Poll([], [77])
    if seconds is None and held:
        poll.ready.pop(0)
    monkeypatch.setattr(shutdown_pipe_module, "poll", lambda: poll)
    monkeypatch.setattr(shutdown_pipe, "_is_held", lambda _: held)
    came = shutdown_pipe.wait(cast("socket.socket", Connected()), seconds)
    assert (came, poll.limits) == (seconds is None, limits)


@pytest.mark.parametrize("held", [True, False])
def test_an_orphan_ends_where_it_cannot_hear_of_its_supervisor(
    monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    shutdown_pipe = ShutdownPipe()
    monkeypatch.setattr(shutdown_pipe_module, "poll", lambda: Poll([]))
    monkeypatch.setattr(shutdown_pipe, "_is_held", lambda _: held)
    shutdown_pipe._supervisor = -1
    connection = cast("socket.socket", Connected())
    if held:
        assert not shutdown_pipe.wait(connection, 0.5)
        shutdown_pipe.pause(0.5)
        return
    with pytest.raises(Drained):
        shutdown_pipe.wait(connection, 0.5)
    with pytest.raises(Drained):
        shutdown_pipe.pause(0.5)


def test_a_pause_is_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    shutdown_pipe = ShutdownPipe()
    poll = Poll([])
    monkeypatch.setattr(shutdown_pipe_module, "poll", lambda: poll)
    shutdown_pipe.pause(2.5)
    assert poll.limits == [2500]


@pytest.mark.parametrize(
    ("supervisor", "orphan"), [("self", False), ("parent", False), ("gone", True)]
)
def test_a_worker_is_an_orphan_when_its_parent_is_not_the_supervisor(
    supervisor: str, orphan: bool
) -> None:
    shutdown_pipe = ShutdownPipe()
    numbers = {"self": os.getpid(), "parent": os.getppid(), "gone": -1}
    shutdown_pipe._supervisor = numbers[supervisor]
    assert shutdown_pipe._is_orphan() == orphan


@pytest.mark.parametrize("path", ["/run/log", ""])
def test_a_worker_writes_to_the_log_channel_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    paths: list[str] = []
    monkeypatch.setattr(log_socket, "redirect", paths.append)
    config = fakes.config()
    config.provider_socket = path
    assert Worker(config, 0, SharedState(1), ShutdownPipe()).run(lambda _: None) == 0
    assert paths == ([path] if path else [])


def test_a_token_that_may_still_come_is_not_taken() -> None:
    """A process that was forked while the pipe was made may hold its other end."""
    shutdown_pipe = ShutdownPipe()
    reading, writing = os.pipe2(os.O_NONBLOCK)
    try:
        shutdown_pipe._tokens = reading
        shutdown_pipe._inodes[reading] = shutdown_pipe_module._inode(reading)
        assert not shutdown_pipe.acquire_once()
    finally:
        os.close(reading)
        os.close(writing)


def test_a_pipe_is_closed_once_whatever_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    shutdown_pipe = ShutdownPipe()
    shutdown_pipe.close()
    closed: list[int] = []
    monkeypatch.setattr(posix, "close", closed.append)
    shutdown_pipe._writing = 0
    shutdown_pipe.close()
    shutdown_pipe.close()
    assert closed == [0]
