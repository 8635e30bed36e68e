"""Sending a large body with an ear for an early answer, over a pair of sockets."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from surefoot._runtime_api import transport
from surefoot._runtime_api.http1 import ReplyParser
from surefoot._runtime_api.transport import Upload, is_closed_by_peer, receive, send_rest

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
    sizes: list[int] = []
    reader = threading.Thread(target=read_all, args=[theirs, sizes])
    reader.start()
    assert send_rest(ours, BODY, ReplyParser()) is None
    ours.shutdown(socket.SHUT_WR)
    reader.join()
    assert sum(sizes) == len(BODY)


@pytest.mark.parametrize("said", [b"", REFUSAL[:20]])
def test_a_peer_that_left_without_an_answer_is_an_error(ends: Ends, said: bytes) -> None:
    ours, theirs = ends
    theirs.sendall(said)
    theirs.close()
    with pytest.raises(OSError):
        send_rest(ours, BODY, ReplyParser())


HEAD = b"POST / HTTP/1.1\r\n\r\n"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def upload(ours: socket.socket, is_ours: bool = True) -> Upload:
    return Upload(ours, ReplyParser(), HEAD, lambda: is_ours)


def test_the_head_goes_out_once_with_the_first_piece(ends: Ends) -> None:
    ours, theirs = ends
    sending = upload(ours)
    sending.send(b"one")
    assert theirs.recv(100) == HEAD + b"one"
    sending.send(b"two")
    assert (theirs.recv(100), sending.open) == (b"two", True)
    theirs.sendall(ACCEPTED)
    # It is there before the last piece: an early answer.
    reply = sending.finish(b"end")
    assert reply is not None
    assert (reply.status, reply.reusable, sending.open) == (202, False, False)


def test_an_upload_of_its_end_alone_returns_the_reply_that_follows(ends: Ends) -> None:
    ours, theirs = ends

    def answer() -> None:
        theirs.recv(100)
        theirs.sendall(ACCEPTED)

    peer = threading.Thread(target=answer)
    sending = upload(ours)
    peer.start()
    reply = sending.finish(b"end")
    peer.join()
    assert reply is not None
    assert (reply.status, reply.reusable) == (202, True)


def test_nothing_is_written_to_what_is_no_more_the_connection(ends: Ends) -> None:
    ours, theirs = ends
    sending = upload(ours, is_ours=False)
    sending.send(b"one")
    assert not sending.open
    assert sending.finish(b"end") is None
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)


def test_an_early_answer_ends_an_upload_and_is_its_reply(ends: Ends) -> None:
    ours, theirs = ends
    theirs.sendall(REFUSAL)
    sending = upload(ours)
    sending.send(b"one")
    assert not sending.open
    reply = sending.finish(b"end")
    assert reply is not None
    assert (reply.status, reply.body) == (413, b"no")


def test_a_peer_that_left_ends_an_upload_without_a_reply(ends: Ends) -> None:
    ours, theirs = ends
    theirs.close()
    sending = upload(ours)
    sending.send(b"one")
    assert not sending.open
    assert sending.finish(b"end") is None


def test_a_connection_that_breaks_while_the_reply_is_awaited_has_none(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(transport, "receive", broken)
    assert upload(ends[0]).finish(b"end") is None


def test_an_idle_connection_is_there_until_something_is_to_be_read(ends: Ends) -> None:
    ours, theirs = ends
    assert not is_closed_by_peer(ours)
    theirs.sendall(b"x")
    assert is_closed_by_peer(ours)
    ours.recv(1)
    assert not is_closed_by_peer(ours)
    theirs.close()
    assert is_closed_by_peer(ours)


LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


def test_a_large_body_is_received_in_place(ends: Ends) -> None:
    ours, theirs = ends
    body = bytes(range(250)) * 400
    theirs.sendall(LARGE)
    peer = threading.Thread(target=theirs.sendall, args=[body])
    peer.start()
    reply = receive(ours, ReplyParser())
    peer.join()
    assert reply is not None
    assert (reply.body, reply.reusable) == (body, True)


@pytest.mark.parametrize("sent", [b"", LARGE[:20], LARGE, LARGE + b"x" * 500])
def test_a_reply_that_the_peer_does_not_finish_is_none(ends: Ends, sent: bytes) -> None:
    ours, theirs = ends
    theirs.sendall(sent)
    theirs.shutdown(socket.SHUT_WR)
    assert receive(ours, ReplyParser()) is None


def test_a_body_without_a_length_ends_with_the_connection(ends: Ends) -> None:
    ours, theirs = ends
    theirs.sendall(b"HTTP/1.1 200 OK\r\n\r\nbody")
    theirs.shutdown(socket.SHUT_WR)
    reply = receive(ours, ReplyParser())
    assert reply is not None
    assert (reply.body, reply.reusable) == (b"body", False)


class Writable:
    """A poll that finds the connection writable, and nothing to read yet."""

    def register(self, *_: int) -> None: ...

    def poll(self) -> list[tuple[int, int]]:
        return [(0, select.POLLOUT)]


@pytest.mark.parametrize(
    ("said", "status"), [(REFUSAL, 413), (b"HTTP/1.1 100 Continue\r\n\r\n", None)]
)
def test_a_write_that_fails_is_explained_by_what_the_peer_had_said_before(
    ends: Ends, monkeypatch: pytest.MonkeyPatch, said: bytes, status: int | None
) -> None:
    ours, theirs = ends
    theirs.sendall(said)
    theirs.shutdown(socket.SHUT_RD)
    monkeypatch.setattr(transport, "poll", Writable)
    if status is None:
        with pytest.raises(BrokenPipeError):
            send_rest(ours, BODY, ReplyParser())
    else:
        reply = send_rest(ours, BODY, ReplyParser())
        assert reply is not None
        assert (reply.status, reply.reusable) == (status, False)


class Hasty(Writable):
    """Calls a full connection writable twice, before the peer reads at all."""

    def __init__(self, read: Callable[[], None]) -> None:
        self.read = read
        self.asked = 0

    def poll(self) -> list[tuple[int, int]]:
        self.asked += 1
        if self.asked == 4:
            self.read()
        return super().poll()


def test_a_connection_that_turns_out_to_be_full_is_waited_for(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = ends
    sizes: list[int] = []
    reader = threading.Thread(target=read_all, args=[theirs, sizes])
    monkeypatch.setattr(transport, "poll", lambda: Hasty(reader.start))
    assert send_rest(ours, BODY, ReplyParser()) is None
    ours.shutdown(socket.SHUT_WR)
    reader.join()
    assert sum(sizes) == len(BODY)
