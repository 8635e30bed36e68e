"""A Runtime API that does no more than it must: one connection, one exchange at a time.

The scripted one of tests/support records every byte, which a hundred thousand invocations would
make the thing that is measured.
"""

from __future__ import annotations

import re
import socket

from tests.soak.load import kind

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
NEXT = b"GET /2018-06-01/runtime/invocation/next "
PATIENCE = 60.0
"""Seconds without a byte after which the process counts as hung."""

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


class WrongAnswerError(Exception):
    """The process answered something else than it was to."""


class Server:
    """Listens on loopback; a context manager."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self.address = "{}:{}".format(*self._listener.getsockname())
        self._buffer = bytearray()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._peer.close()

    def accept(self) -> None:
        """Take the one connection and its first poll."""
        self._peer, _ = self._listener.accept()
        self._peer.settimeout(PATIENCE)
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect_poll()

    def serve(self, first: int, last: int) -> None:
        """Deliver the invocations with these numbers; on return the process waits in next."""
        for number in range(first, last):
            load = kind(number)
            request_id = b"%08d-aaaa-4bbb-8ccc-0123456789ab" % number
            self._peer.sendall(load.reply(request_id))
            line, body = self._request()
            wanted = b"POST /2018-06-01/runtime/invocation/%b/%b " % (request_id, load.route)
            if not line.startswith(wanted) or load.body not in (None, body):
                raise WrongAnswerError(f"{line!r} {body[:200]!r} to invocation {number}")
            self._peer.sendall(ACCEPTED)
            self._expect_poll()

    def _expect_poll(self) -> None:
        line, _ = self._request()
        if not line.startswith(NEXT):
            raise WrongAnswerError(f"{line!r} in place of a poll")

    def _request(self) -> tuple[bytes, bytes]:
        """The head and the body of one request."""
        buffer = self._buffer
        while (end := buffer.find(b"\r\n\r\n") + 4) < 4:
            self._receive()
        head = bytes(buffer[:end])
        length = _LENGTH.search(head)
        size = end + (int(length[1]) if length else 0)
        while len(buffer) < size:
            self._receive()
        body = bytes(buffer[end:size])
        del buffer[:size]
        return head, body

    def _receive(self) -> None:
        data = self._peer.recv(1 << 18)
        if not data:
            raise WrongAnswerError("the process closed the connection")
        self._buffer += data
