"""The connection, against the scripted Runtime API."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from surefoot._runtime_api.transport import Connection
from surefoot.errors import RemoteProtocolError, SandboxGone
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
        pytest.raises(SandboxGone, match=r"cannot connect .*Connection refused"),
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
