"""The server's end of one TCP connection: requests in, replies out."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable

from tests.support.gate import Gate
from tests.support.reply import Ending, Reply
from tests.support.request import Request, parse_headers

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class GoneError(Exception):
    """The client closed the connection in the middle of a request."""


class Connection:
    """Reads requests exactly and writes replies exactly; knows nothing of the Runtime API."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._buffer = bytearray()
        self.number = number

    def read_head(self) -> bytes | None:
        """The next request's line and headers; None when the client has closed in order."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not self._receive():
                if self._buffer:
                    raise GoneError(bytes(self._buffer))
                return None
        return self._take(end + 4)

    def is_at_end(self) -> bool:
        """Whether the client has already closed its end; does not wait."""
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def read_body(self, request: Request, until: int | None, changed: Callable[[], None]) -> bool:
        """Fill `request` from the wire; `changed` is called after each part.

        With `until`, stop when that many wire bytes are there. Returns whether the body is
        complete. Can be called again to go on.
        """
        if not request.raw_body and request.header("Expect"):
            self._socket.sendall(_CONTINUE)
        read = self._read_chunked if request.is_chunked else self._read_counted
        return read(request, until, changed)

    def send(self, reply: Reply) -> None:
        """Write the pieces of a reply, one send each, every one through the gate."""
        for piece in reply.pieces:
            if reply.gate is not None:
                reply.gate.take()
            self._socket.sendall(piece)

    def wait_before_reading(self, gate: Gate | None) -> None:
        """Back-pressure: leave the client's bytes in the kernel until the test lets them in."""
        if gate is not None:
            gate.take()

    def close(self, ending: Ending = Ending.CLOSE) -> None:
        """Close in order, or with a reset."""
        with contextlib.suppress(OSError):
            if ending is Ending.RESET:
                linger = struct.pack("ii", 1, 0)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            else:
                self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def stop_sending(self) -> None:
        """Close only the server's direction, so that an early answer is not lost in a reset."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def _read_counted(
        self, request: Request, until: int | None, changed: Callable[[], None]
    ) -> bool:
        length = int(request.header("Content-Length") or 0)
        while len(request.raw_body) < length:
            if until is not None and len(request.raw_body) >= until:
                return False
            if not self._buffer and not self._receive():
                raise GoneError
            request.raw_body += self._take(length - len(request.raw_body))
            changed()
        return True

    def _read_chunked(
        self, request: Request, until: int | None, changed: Callable[[], None]
    ) -> bool:
        while until is None or len(request.raw_body) < until:
            size_line = self._read_line()
            size = int(size_line.split(b";")[0], 16)
            if size == 0:
                trailers = []
                while line := self._read_line():
                    trailers.append(line)
                request.trailers += parse_headers(trailers)
                ending = [size_line, *trailers, b"", b""]
                request.raw_body += b"\r\n".join(ending)
                return True
            while len(self._buffer) < size + 2:
                if not self._receive():
                    raise GoneError
            data = self._take(size + 2)
            if not data.endswith(b"\r\n"):
                raise GoneError(f"no line end after a chunk of {size} bytes")
            request.raw_body += size_line + b"\r\n" + data
            request.chunks.append(data[:-2])
            changed()
        return False

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if not self._receive():
                raise GoneError
        return self._take(end + 2)[:-2]

    def _receive(self) -> int:
        data = self._socket.recv(1 << 16)
        self._buffer += data
        return len(data)

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data
