"""The scripted Runtime API itself: a bench that is wrong would prove anything."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.gate import Gate
from tests.support.invocation import Invocation
from tests.support.reply import ACCEPTED, Ending, Reply, status_reply
from tests.support.request import State
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

NEXT = "/2018-06-01/runtime/invocation/next"
POST = "POST /2018-06-01/runtime/invocation/one/response HTTP/1.1\r\n"


@contextlib.contextmanager
def connected(api: RuntimeApi) -> Iterator[socket.socket]:
    host, port = api.address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as sock:
        yield sock


def poll(sock: socket.socket) -> None:
    sock.sendall(f"GET {NEXT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


def read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := sock.recv(size - len(data))):
        data += part
    return data


@pytest.mark.parametrize("chunks", [None, [1], [3, 2048], [100_000]])
def test_an_independent_client_reads_event_and_headers(chunks: list[int] | None) -> None:
    event = bytes(range(256)) * 40
    with RuntimeApi(
        [Invocation(event, "one", {"X-Odd": "ü", "Content-Type": None}, chunks=chunks)]
    ) as api:
        client = http.client.HTTPConnection(api.address)
        client.request("GET", NEXT)
        answer = client.getresponse()
        assert answer.read() == event
        assert answer.headers["Lambda-Runtime-Aws-Request-Id"] == "one"
        assert answer.headers["X-Odd"] == "ü".encode().decode("latin-1")
        assert answer.headers["Content-Type"] is None
        client.close()


def test_a_request_is_recorded_byte_for_byte() -> None:
    head = (POST + "HOST:  a\r\nx-Odd:b \r\nContent-Length: 3\r\n\r\n").encode()
    with RuntimeApi([Invocation(request_id="one")]) as api, connected(api) as sock:
        poll(sock)
        (polled,) = api.wait_for(1, Route.NEXT)
        read(sock, len(Invocation(request_id="one").reply.data))
        sock.sendall(head + b"a\r\n")
        (posted,) = api.wait_for(1, Route.RESPONSE)
        assert read(sock, len(ACCEPTED.data)) == ACCEPTED.data
    assert (polled.index, posted.index, posted.connection) == (0, 1, 0)
    assert posted.head == head
    assert posted.headers == [(b"HOST", b" a"), (b"x-Odd", b"b "), (b"Content-Length", b"3")]
    assert (posted.body, posted.request_id, posted.header("host")) == (b"a\r\n", "one", b" a")


def test_chunks_and_trailers_are_kept_raw_and_decoded() -> None:
    raw = b"3;x=1\r\nabc\r\n02\r\nde\r\n0\r\nOne: 1\r\ntwo: \xff\r\n\r\n"
    with RuntimeApi() as api, connected(api) as sock:
        sock.sendall((POST + "Transfer-Encoding: chunked\r\n\r\n").encode() + raw)
        (posted,) = api.wait_for(1)
    assert bytes(posted.raw_body) == raw
    assert (posted.body, posted.chunks) == (b"abcde", [b"abc", b"de"])
    assert posted.trailers == [(b"One", b"1"), (b"two", b"\xff")]


def test_a_first_chunk_is_seen_before_the_second_is_sent() -> None:
    with RuntimeApi() as api, connected(api) as sock:
        sock.sendall((POST + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n").encode())
        api.wait_until(lambda: [each.body for each in api.requests] == [b"a"])
        assert api.requests[0].state is State.ARRIVING


def test_a_broken_request_is_recorded_as_such() -> None:
    with RuntimeApi() as api:
        with connected(api) as sock:
            sock.sendall((POST + "Content-Length: 9\r\n\r\nabc").encode())
        api.wait_until(lambda: [each.state for each in api.requests] == [State.BROKEN])
        assert api.requests[0].body == b"abc"


def test_an_early_answer_arrives_while_the_body_is_still_being_sent() -> None:
    too_large = status_reply(413, "RequestEntityTooLarge").early(after=5).ended(Ending.CLOSE)
    script = [Invocation(request_id="one", answers=[too_large])]
    with RuntimeApi(script) as api, connected(api) as sock:
        poll(sock)
        read(sock, len(script[0].reply.data))
        sock.sendall((POST + "Content-Length: 10\r\n\r\n12345").encode())
        assert read(sock, len(too_large.data) + 1) == too_large.data
        sock.sendall(b"67890")
        assert api.wait_for(1, Route.RESPONSE)[0].body == b"1234567890"


@pytest.mark.parametrize(("ending", "error"), [(Ending.CLOSE, None), (Ending.RESET, OSError)])
def test_a_reply_can_be_cut(ending: Ending, error: type[OSError] | None) -> None:
    whole = Invocation(request_id="one").reply
    with (
        RuntimeApi([Invocation(raw=whole.cut(20, ending))]) as api,
        connected(api) as sock,
        pytest.raises(error) if error else contextlib.nullcontext(),
    ):
        poll(sock)
        # After a reset the kernel may throw away what had arrived: only the end is certain.
        assert read(sock, 99) == whole.data[:20]


def test_a_gated_drip_gives_one_piece_per_permit() -> None:
    gate = Gate()
    with (
        RuntimeApi([Invocation(raw=Reply((b"abc",)).dripped(1, gate))]) as api,
        connected(api) as sock,
    ):
        poll(sock)
        for expected in (b"a", b"b", b"c"):
            gate.wait_until_reached()
            gate.allow()
            assert sock.recv(9) == expected


def test_each_invocation_is_delivered_once_to_parallel_polls() -> None:
    def take() -> None:
        client = http.client.HTTPConnection(api.address)
        client.request("GET", NEXT)
        bodies.append(client.getresponse().read())
        client.close()

    bodies: list[bytes] = []
    with RuntimeApi() as api:
        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        api.wait_for(4, Route.NEXT)
        api.deliver(*(Invocation(b"%d" % number) for number in range(4)))
        for thread in threads:
            thread.join()
    assert sorted(bodies) == [b"0", b"1", b"2", b"3"]


def test_a_dead_client_that_was_parked_swallows_nothing() -> None:
    with RuntimeApi() as api, connected(api) as alive:
        with connected(api) as dead:
            poll(dead)
            api.wait_for(1, Route.NEXT)
        api.deliver(Invocation(b"kept"))
        poll(alive)
        assert read(alive, len(Invocation(b"kept").reply.data)).endswith(b"kept")


def test_a_second_answer_to_one_invocation_is_refused() -> None:
    statuses = []
    with RuntimeApi([Invocation(request_id="a/b c")]) as api:
        client = http.client.HTTPConnection(api.address)
        for method, path in [
            ("GET", "next"),
            ("POST", "a%2Fb%20c/response"),
            ("POST", "a%2Fb%20c/error"),
            ("POST", "unknown/response"),
            ("POST", "a/b%20c/response"),
        ]:
            client.request(method, f"/2018-06-01/runtime/invocation/{path}")
            answer = client.getresponse()
            answer.read()
            statuses.append(answer.status)
        client.close()
    assert statuses == [200, 202, 403, 403, 404]


def test_hanging_up_after_the_script_closes_the_listener_too() -> None:
    with RuntimeApi(then=Then.HANG_UP) as api:
        with connected(api) as sock:
            poll(sock)
            assert sock.recv(1) == b""
        with pytest.raises(OSError), connected(api):
            pass


def test_a_wait_that_fails_says_what_came() -> None:
    with RuntimeApi() as api, connected(api) as sock:
        poll(sock)
        api.wait_for(1)
        with pytest.raises(TimeoutError, match=r"so far: b'GET .*/next HTTP/1.1' \(complete\)"):
            api.wait_for(2, deadline=0)
