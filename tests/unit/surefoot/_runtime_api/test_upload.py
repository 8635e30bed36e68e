"""Sending a large body with an ear for an early answer, over a pair of sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from surefoot._runtime_api.http1 import ReplyParser
from surefoot._runtime_api.transport import send_rest

BODY = memoryview(b"x" * 8_000_000)
REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def read_all(sock: socket.socket, into: list[int]) -> None:
    while data := sock.recv(1 << 20):
        into.append(len(data))


def test_without_an_answer_everything_is_sent(ends: Ends) -> None:
    ours, theirs = ends
    sizes: list[int] = []
    reader = threading.Thread(target=read_all, args=[theirs, sizes])
    reader.start()
    assert send_rest(ours, BODY, ReplyParser()) is None
    ours.shutdown(socket.SHUT_WR)
    reader.join()
    assert sum(sizes) == len(BODY)


def test_an_answer_of_a_peer_that_reads_nothing_is_returned(ends: Ends) -> None:
    ours, theirs = ends
    theirs.sendall(REFUSAL)
    reply = send_rest(ours, BODY, ReplyParser())
    assert reply is not None
    assert (reply.status, reply.body, reply.reusable) == (413, b"no", False)


def test_an_answer_of_a_peer_that_hung_up_is_returned(ends: Ends) -> None:
    ours, theirs = ends
    theirs.sendall(REFUSAL)
    theirs.close()
    reply = send_rest(ours, BODY, ReplyParser())
    assert reply is not None
    assert reply.status == 413


def test_an_answer_that_ends_with_the_connection_is_returned(ends: Ends) -> None:
    ours, theirs = ends
    theirs.sendall(b"HTTP/1.1 500 Error\r\n\r\nbroken")
    theirs.shutdown(socket.SHUT_WR)
    reply = send_rest(ours, BODY, ReplyParser())
    assert reply is not None
    assert (reply.status, reply.body) == (500, b"broken")


def test_an_announcement_is_no_answer(ends: Ends) -> None:
    ours, theirs = ends
    theirs.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    reader = threading.Thread(target=read_all, args=[theirs, []])
    reader.start()
    assert send_rest(ours, BODY, ReplyParser()) is None
    ours.shutdown(socket.SHUT_WR)
    reader.join()


@pytest.mark.parametrize("said", [b"", REFUSAL[:20]])
def test_a_peer_that_left_without_an_answer_is_an_error(ends: Ends, said: bytes) -> None:
    ours, theirs = ends
    theirs.sendall(said)
    theirs.close()
    with pytest.raises(OSError):
        send_rest(ours, BODY, ReplyParser())
