"""The connection, against the scripted Runtime API."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
from collections.abc import Iterator, Sequence

import pytest

from surefoot._runtime_api import transport
from surefoot._runtime_api.http1 import Reply as ParsedReply
from surefoot._runtime_api.http1 import ReplyParser
from surefoot._runtime_api.transport import Connection
from surefoot.errors import OutOfDescriptors, RemoteProtocolError, SandboxGone
from tests.support.invocation import Invocation
from tests.support.reply import Ending, Reply, status_reply
from tests.support.request import State
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

GET = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"
TWO_EVENTS = 1_000_000


def post(request_id: str, length: int) -> bytes:
    line = f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1"
    return f"{line}\r\nContent-Length: {length}\r\n\r\n".encode()


@contextlib.contextmanager
def connected(api: RuntimeApi) -> Iterator[Connection]:
    host, port = api.address.split(":")
    with contextlib.closing(Connection(host, int(port))) as connection:
        yield connection


@pytest.mark.parametrize("chunks", [None, [7, 4096]])
@pytest.mark.parametrize("size", [0, 10, TWO_EVENTS])
def test_all_exchanges_share_one_connection(size: int, chunks: list[int] | None) -> None:
    event = b"x" * size
    with RuntimeApi([Invocation(event, "one", chunks=chunks)]) as api, connected(api) as connection:
        assert bytes(connection.exchange(GET).body) == event
        assert connection.exchange(post("one", size), event).status == 202
        (answer,) = api.wait_for(1, Route.RESPONSE)
        assert answer.body == event
        assert {each.connection for each in api.requests} == {0}


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_a_connection_that_the_peer_closed_is_reopened(ending: Ending) -> None:
    first = Invocation(request_id="one")
    left = Invocation(raw=first.reply.ended(ending), request_id="one")
    with RuntimeApi([left]) as api, connected(api) as connection:
        connection.exchange(GET)
        reply = connection.exchange(post("one", 2), b"{}")
        assert reply.status == 202
        assert len(api.complete(Route.RESPONSE)) == 1


def test_a_peer_that_announces_its_leave_costs_no_second_try() -> None:
    closing = Reply((b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",))
    script = [Invocation(raw=closing.ended(Ending.CLOSE)), Invocation(b"2")]
    with RuntimeApi(script) as api, connected(api) as connection:
        connection.exchange(GET)
        reply = connection.exchange(GET)
        assert (reply.body, reply.repeated) == (b"2", False)
        assert len(api.requests) == 2


def test_a_reply_that_broke_off_is_asked_for_once_more_and_says_so() -> None:
    whole = Invocation(b"event").reply
    script = [Invocation(raw=whole.cut(40)), Invocation(b"event")]
    with RuntimeApi(script) as api, connected(api) as connection:
        reply = connection.exchange(GET)
        assert (reply.body, reply.repeated) == (b"event", True)


def test_two_breaks_in_a_row_are_the_end() -> None:
    whole = Invocation(b"event").reply
    script = [Invocation(raw=whole.cut(40, Ending.CLOSE)), Invocation(raw=whole.cut(41))]
    with (
        RuntimeApi(script) as api,
        connected(api) as connection,
        pytest.raises(SandboxGone, match="hung up twice"),
    ):
        connection.exchange(GET)


def test_a_refused_connection_is_fatal() -> None:
    with RuntimeApi(then=Then.HANG_UP) as api:
        pass
    with (
        connected(api) as connection,
        pytest.raises(SandboxGone, match=r"cannot connect .*\(Connection refused\): "),
    ):
        connection.exchange(GET)


def test_after_a_reply_that_is_no_http_nothing_is_left_open() -> None:
    script = [Invocation(raw=Reply((b"SSH-2.0-x\r\n",))), Invocation(b"2")]
    with RuntimeApi(script) as api, connected(api) as connection:
        with pytest.raises(RemoteProtocolError):
            connection.exchange(GET)
        assert connection.exchange(GET).body == b"2"
        assert [each.connection for each in api.requests] == [0, 1]


def test_an_early_refusal_is_read_while_the_body_is_still_being_sent() -> None:
    size = 6 * 1024 * 1024
    refusal = status_reply(413, "RequestEntityTooLarge").early(after=1000).ended(Ending.RESET)
    script = [Invocation(request_id="one", answers=[refusal]), Invocation(b"2")]
    with RuntimeApi(script) as api, connected(api) as connection:
        connection.exchange(GET)
        reply = connection.exchange(post("one", size), b"x" * size)
        assert (reply.status, reply.reusable, reply.repeated) == (413, False, False)
        assert connection.exchange(GET).body == b"2"
        assert api.requests[1].state is State.ARRIVING


class _Received:
    """A socket that bytes come from; it notes into how much room they are received."""

    def __init__(self, data: bytes) -> None:
        self.rest = data
        self.room: list[int] = []

    def recv_into(self, buffer: memoryview) -> int:
        self.room.append(len(buffer))
        piece = self.rest[: min(len(buffer), 40_000)]
        self.rest = self.rest[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def test_a_large_body_is_received_where_it_stays() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    begun = 16 * 1024 - len(head)
    connection = _Received(head + b"x" * 100_000)
    reply = transport.receive(connection, ReplyParser())  # type: ignore[arg-type]
    assert reply is not None
    assert bytes(reply.body) == b"x" * 100_000
    left = 100_000 - begun
    assert connection.room == [16 * 1024, left, left - 40_000, left - 80_000]


def test_an_early_refusal_with_a_long_reason_is_read_whole() -> None:
    size = 6 * 1024 * 1024
    refusal = status_reply(413, "E" * 200_000).early(after=1000)
    script = [Invocation(request_id="one", answers=[refusal]), Invocation(b"2")]
    with RuntimeApi(script) as api, connected(api) as connection:
        connection.exchange(GET)
        reply = connection.exchange(post("one", size), b"x" * size)
        assert (reply.status, reply.reusable, reply.repeated) == (413, False, False)
        assert b"E" * 200_000 in reply.body
        assert connection.exchange(GET).body == b"2"


def test_a_connection_never_bears_the_number_of_a_standard_stream() -> None:
    pid = os.fork()
    if pid == 0:
        os.closerange(0, 3)
        connection = Connection("127.0.0.1", 1)
        connection.reserve()
        number = connection._socket.fileno() if connection._socket else 0
        # What was taken on the way is free again.
        os._exit(0 if number > 2 and os.open("/dev/null", os.O_RDONLY) == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


class Half:
    """One end of a pair of sockets whose calls are recorded, and fail as the test asks."""

    def __init__(self, end: socket.socket, **errors: Exception | int) -> None:
        self.end = end
        self.errors = errors
        self.calls: list[tuple[str, int]] = []

    def _try(self, name: str) -> int | None:
        error = self.errors.get(name)
        if isinstance(error, Exception):
            raise error
        return error

    def send(self, data: bytes, flags: int = 0) -> int:
        self.calls.append(("send", len(data)))
        limit = self._try("send")
        return self.end.send(data[:limit] if limit is not None else data, flags)

    def sendmsg(self, parts: Sequence[bytes], ancillary: Sequence[object], flags: int) -> int:
        data = b"".join(parts)
        self.calls.append(("sendmsg", len(data)))
        assert (list(ancillary), flags) == ([], socket.MSG_DONTWAIT)
        limit = self._try("sendmsg")
        return self.end.send(data[:limit] if limit is not None else data, flags)

    def sendall(self, data: bytes) -> None:
        self.calls.append(("sendall", len(data)))
        self.end.sendall(data)

    def getsockopt(self, *options: int) -> bytes | int:
        self._try("getsockopt")
        return self.end.getsockopt(*options)

    def shutdown(self, how: int) -> None:
        self.calls.append(("shutdown", how))
        self._try("shutdown")

    def close(self) -> None:
        self.calls.append(("close", 0))
        self._try("close")

    def detach(self) -> int:
        self.calls.append(("detach", 0))
        return 0

    def fileno(self) -> int:
        return self.end.fileno()

    def recv_into(self, buffer: memoryview) -> int:
        return self.end.recv_into(buffer)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


Ends = tuple[socket.socket, socket.socket]
HEAD = b"POST / HTTP/1.1\r\n\r\n"


def on(half: Half) -> Connection:
    """A connection on that end."""
    connection = Connection("127.0.0.1", 1)
    connection._hold(half)  # type: ignore[arg-type]
    connection._state = transport._CONNECTED
    return connection


@pytest.mark.parametrize(("more", "call"), [(0, "send"), (1, "sendmsg")])
def test_a_body_of_up_to_32_kib_goes_out_with_its_head_in_one_call(
    ends: Ends, more: int, call: str
) -> None:
    half = Half(ends[0])
    body = b"x" * (32 * 1024 + more)
    assert on(half)._send(half, HEAD, body) is None  # type: ignore[arg-type]
    assert half.calls == [(call, len(HEAD) + len(body))]
    assert ends[1].recv(1 << 20) == HEAD + body


@pytest.mark.parametrize(
    ("errors", "calls"),
    [
        ({"sendmsg": BlockingIOError()}, ["sendmsg", "sendall", "send"]),
        ({"sendmsg": 3}, ["sendmsg", "sendall", "send"]),
        ({"sendmsg": len(HEAD)}, ["sendmsg", "send"]),
        ({"sendmsg": len(HEAD) + 5}, ["sendmsg", "send"]),
    ],
)
def test_a_large_request_that_the_socket_takes_in_parts_arrives_whole(
    ends: Ends, errors: dict[str, Exception | int], calls: list[str]
) -> None:
    half = Half(ends[0], **errors)
    body = bytes(range(256)) * 200
    assert on(half)._send(half, HEAD, body) is None  # type: ignore[arg-type]
    assert [name for name, _ in half.calls] == calls
    assert ends[1].recv(1 << 20) == HEAD + body


def test_a_small_request_that_the_socket_takes_in_parts_arrives_whole(ends: Ends) -> None:
    half = Half(ends[0], send=7)
    assert on(half)._send(half, HEAD, b"body") is None  # type: ignore[arg-type]
    assert len(half.calls) == -(-len(HEAD + b"body") // 7)
    assert ends[1].recv(1 << 20) == HEAD + b"body"


def test_a_connection_that_its_peer_ended_first_can_be_given_up_and_closed(ends: Ends) -> None:
    half = Half(ends[0], shutdown=OSError("not connected"), close=OSError("closed"))
    connection = on(half)
    connection.retire()
    assert connection._state == transport._RETIRED
    connection.retire()
    connection.close()
    connection.close()
    assert half.calls == [("shutdown", socket.SHUT_RDWR), ("close", 0)]
    assert connection._state == transport._NEW


def test_what_the_function_opened_under_the_connections_number_is_left_alone(ends: Ends) -> None:
    half = Half(ends[0])
    connection = on(half)
    connection._identity = b"another"
    connection.retire()
    connection.close()
    assert half.calls == [("detach", 0)]


def test_a_socket_is_known_by_its_cookie(ends: Ends) -> None:
    ours, theirs = ends
    cookie = transport._identify(ours)
    assert isinstance(cookie, bytes)
    assert len(cookie) == 8
    assert cookie == transport._identify(ours)
    assert cookie != transport._identify(theirs)


def test_without_cookies_a_socket_is_known_by_its_inode(ends: Ends) -> None:
    status = os.fstat(ends[0].fileno())
    half = Half(ends[0], getsockopt=OSError("old kernel"))
    identity = transport._identify(half)  # type: ignore[arg-type]
    assert identity == (status.st_dev, status.st_ino)


class Sockets:
    """Stands for the module; the first ``failures`` sockets cannot be made."""

    SOCK_STREAM = socket.SOCK_STREAM

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.collected: list[int] = []
        self.asked = 0

    def socket(self, family: int, kind: int) -> str:
        assert (family, kind) == (socket.AF_INET, socket.SOCK_STREAM)
        self.asked += 1
        if self.asked <= self.failures:
            raise OSError(24, "Too many open files")
        return "a socket"


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_descriptors_in_garbage_are_freed_before_there_are_none_left(
    failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = Sockets(failures)
    collections: list[str] = []
    monkeypatch.setattr(transport, "_socket", sockets)
    monkeypatch.setattr(gc, "collect", lambda: collections.append("collected"))
    if failures == 2:
        with pytest.raises(OutOfDescriptors, match=r"Too many open files.*close the files"):
            transport._new_socket(socket.AF_INET)
    else:
        assert str(transport._new_socket(socket.AF_INET)) == "a socket"
    assert collections == ["collected"] * min(failures, 1)


class Numbered:
    """A socket that is a number."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_open = True

    def fileno(self) -> int:
        return self.number

    def close(self) -> None:
        self.is_open = False


def test_the_numbers_of_standard_streams_are_taken_only_while_another_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [Numbered(number) for number in (0, 1, 2, 3, 4)]
    asked = iter(made)
    monkeypatch.setattr(transport, "_new_socket", lambda _: next(asked))
    assert transport._open_socket(socket.AF_INET).fileno() == 3
    assert [each.is_open for each in made] == [False, False, False, True, True]


def test_a_reserved_descriptor_is_the_one_that_is_connected() -> None:
    with RuntimeApi([Invocation(b"1")]) as api, connected(api) as connection:
        connection.reserve()
        reserved = connection._socket
        assert connection.exchange(GET).body == b"1"
        assert connection._socket is reserved
        assert reserved is not None
        assert reserved.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_an_upload_connects_what_was_reserved() -> None:
    with RuntimeApi([Invocation(request_id="one")]) as api, connected(api) as connection:
        connection.exchange(GET)
        connection.close()
        connection.reserve()
        reply = connection.upload(post("one", 4)).finish(b"body")
        assert reply is not None
        assert reply.status == 202


def test_after_it_was_given_up_a_new_connection_is_made() -> None:
    with RuntimeApi([Invocation(b"1"), Invocation(b"2")]) as api, connected(api) as connection:
        connection.exchange(GET)
        connection.retire()
        assert connection.exchange(GET).body == b"2"
        assert [each.connection for each in api.requests] == [0, 1]


def test_an_upload_goes_out_on_the_connection_that_is_there() -> None:
    with RuntimeApi([Invocation(request_id="one")]) as api, connected(api) as connection:
        connection.exchange(GET)
        upload = connection.upload(post("one", 4))
        upload.send(b"bo")
        reply = upload.finish(b"dy")
        assert reply is not None
        assert reply.status == 202
        assert {each.connection for each in api.requests} == {0}
        assert upload.is_ours()
        connection.close()
        assert not upload.is_ours()


def test_an_upload_leaves_a_descriptor_alone_that_the_function_has_reused(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    mine, peer = ends
    with RuntimeApi([Invocation(request_id="one")]) as api, connected(api) as connection:
        connection.exchange(GET)
        assert connection._socket is not None
        number = connection._socket.fileno()
        os.dup2(mine.fileno(), number)
        upload = connection.upload(post("one", 4))
        reply = upload.finish(b"body")
        assert reply is not None
        assert reply.status == 202
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(1)
        os.close(number)


def test_an_upload_after_the_peer_left_goes_out_on_a_new_connection() -> None:
    first = Invocation(request_id="one")
    left = Invocation(raw=first.reply.ended(Ending.CLOSE), request_id="one")
    with RuntimeApi([left]) as api, connected(api) as connection:
        connection.exchange(GET)
        assert connection._socket is not None
        select.select([connection._socket], [], [])
        reply = connection.upload(post("one", 4)).finish(b"body")
        assert reply is not None
        assert reply.status == 202
        assert [each.connection for each in api.requests] == [0, 1]


def test_before_an_answer_the_connection_is_looked_at_and_before_a_question_it_is_not(
    ends: Ends,
) -> None:
    connection = on(Half(ends[0], getsockopt=OSError("looked at")))
    connection._identity = b"another"
    ends[1].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    assert connection.exchange(GET).body == b"{}"
    with pytest.raises(SandboxGone, match="cannot connect"):
        connection.exchange(HEAD)


def test_a_descriptor_that_the_function_closed_is_no_connection(ends: Ends) -> None:
    half = Half(ends[0], getsockopt=OSError("closed"))
    connection = on(half)
    ends[0].close()
    connection.retire()
    assert half.calls == []


def test_a_child_that_was_forked_without_the_interpreter_ends_instead_of_connecting(
    monkeypatch: pytest.MonkeyPatch, ends: Ends
) -> None:
    half = Half(ends[0])
    connection = on(half)
    monkeypatch.setattr(transport, "is_owner", lambda: False)
    connection.retire()
    assert half.calls == [("close", 0)]
    with pytest.raises(SystemExit) as caught:
        connection.exchange(GET)
    assert caught.value.code == 0


class Scripted(Connection):
    """What becomes of each attempt: bytes that arrive before the break, or the whole reply.

    An attempt that is an error breaks off while the request is sent.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *attempts: bytes | OSError) -> None:
        super().__init__("127.0.0.1", 1)
        self.attempts = list(attempts)
        self.ours = [True] * 10
        self.breaks_with: OSError | None = None
        monkeypatch.setattr(transport, "receive", self._receive)

    def close(self) -> None:
        self._state = transport._NEW
        self._parser.reset()

    def _connect(self) -> socket.socket:
        self._state = transport._CONNECTED
        return None  # type: ignore[return-value]

    def _is_ours(self) -> bool:
        return self.ours.pop(0)

    def _send(self, *_: object) -> None:
        attempt = self.attempts[0]
        if isinstance(attempt, OSError):
            del self.attempts[0]
            raise attempt

    def _receive(self, _: object, parser: ReplyParser) -> ParsedReply | None:
        data = self.attempts.pop(0)
        assert isinstance(data, bytes)
        reply = parser.feed(data) if data else None
        if reply is None and self.breaks_with is not None:
            raise self.breaks_with
        return reply

    def outcome(self) -> tuple[bool, bool] | str:
        """Whether the request went out whole before, and a part of a reply came; or the end."""
        try:
            reply = self.exchange(GET)
        except SandboxGone as gone:
            return str(gone)
        assert self.attempts == []
        return reply.repeated, reply.heard


OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
CUT = OK[:-3]
RESET = OSError(104, "reset")


@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        ([OK], (False, False)),
        ([b"", OK], (True, False)),
        ([CUT, OK], (True, True)),
        ([RESET, OK], (False, False)),
        ([b"", b""], "hung up twice"),
        ([b"", RESET], "hung up twice"),
        ([RESET, CUT], "hung up twice"),
    ],
)
def test_on_a_new_connection_one_break_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch, attempts: list[bytes | OSError], outcome: object
) -> None:
    seen = Scripted(monkeypatch, *attempts).outcome()
    assert outcome in seen if isinstance(outcome, str) else seen == outcome


@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        ([b"", OK], (True, False)),
        ([RESET, OK], (False, False)),
        # The stale connection does not count.
        ([b"", b"", OK], (True, False)),
        ([b"", CUT, OK], (True, True)),
        ([RESET, RESET, OK], (False, False)),
        ([b"", RESET, OK], (True, False)),
        ([b"", b"", b""], "hung up twice"),
        # It was not stale: it began to reply.
        ([CUT, OK], (True, True)),
        ([CUT, b"", OK], "hung up twice"),
        ([CUT, RESET, OK], "hung up twice"),
    ],
)
def test_on_an_idle_connection_a_break_before_the_reply_does_not_count(
    monkeypatch: pytest.MonkeyPatch, attempts: list[bytes | OSError], outcome: object
) -> None:
    connection = Scripted(monkeypatch, OK, *attempts)
    connection.exchange(GET)
    seen = connection.outcome()
    assert outcome in seen if isinstance(outcome, str) else seen == outcome


@pytest.mark.parametrize(
    ("ours", "attempts", "outcome"),
    [
        ([False, True], [b"", b"", OK], (True, False)),
        ([False, True], [CUT, RESET, OK], (True, True)),
        ([False, False, True], [b"", b"", b"", OK], "hung up twice"),
        ([True, False], [b"", b"", OK], (True, False)),
    ],
)
def test_a_break_on_what_is_no_more_the_connection_does_not_count_once(
    monkeypatch: pytest.MonkeyPatch,
    ours: list[bool],
    attempts: list[bytes | OSError],
    outcome: object,
) -> None:
    connection = Scripted(monkeypatch, *attempts)
    connection.ours = ours
    seen = connection.outcome()
    assert outcome in seen if isinstance(outcome, str) else seen == outcome


@pytest.mark.parametrize(
    ("error", "reason"),
    [(None, "(closed)"), (OSError(104, "reset"), "(reset)"), (OSError("odd"), "(odd)")],
)
def test_the_end_names_how_the_peer_hung_up(
    monkeypatch: pytest.MonkeyPatch, error: OSError | None, reason: str
) -> None:
    connection = Scripted(monkeypatch, b"", b"")
    connection.breaks_with = error
    assert f"at 127.0.0.1:1 hung up twice {reason}; the sandbox is gone." in str(
        connection.outcome()
    )
