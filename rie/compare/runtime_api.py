"""A Lambda Runtime API that returns its calls one by one to the code that compares.

AWS's emulator hides what is compared here (the headers of an answer, the runtime's exit code, the
time of each call), and it starts runtimes itself.
"""

from __future__ import annotations

import contextlib
import enum
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from rie.compare.http_request import Request, RequestReader

PREFIX = "/2018-06-01/runtime/"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_REASONS = {200: "OK", 202: "Accepted", 403: "Forbidden", 404: "Not Found"}


class NoCallReceived(enum.Enum):
    """Why no call came."""

    ENDED = "the runtime ended"
    TIME_OUT = "the time was over"


@dataclass(frozen=True)
class Call:
    """A request and when its last byte came, in monotonic nanoseconds."""

    request: Request
    received: int
    connection: socket.socket

    @property
    def path(self) -> str:
        """What follows the API's prefix, such as invocation/next; all of it without the prefix."""
        return self.request.target.removeprefix(PREFIX)


class RuntimeApi:
    """The listener on loopback, as a context manager; `address` is host:port.

    It serves one runtime after the other. One thread does it all: a call's time is taken when it
    arrives, and nothing else of this process runs then.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._readers: dict[socket.socket, RequestReader] = {}
        self._calls: deque[Call] = deque()
        self.address = "{}:{}".format(*self._listener.getsockname())

    def __enter__(self) -> RuntimeApi:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.drop()
        self._selector.close()
        self._listener.close()

    def next_call(self, pid: int, deadline: float) -> Call | NoCallReceived:
        """Wait for a call until the process ends or `deadline`, in monotonic seconds, is over.

        A call that a process made before it ended comes before the news of its end.
        """
        ended = os.pidfd_open(pid)
        self._selector.register(ended, selectors.EVENT_READ)
        try:
            while not self._calls:
                left = deadline - time.monotonic()
                ready = [key.fileobj for key, _ in self._selector.select(max(0.0, left))]
                for source in ready:
                    if isinstance(source, socket.socket):
                        self._serve(source)
                if self._calls:
                    break
                if ready == [ended]:
                    return NoCallReceived.ENDED
                if not ready and left <= 0:
                    return NoCallReceived.TIME_OUT
        finally:
            self._selector.unregister(ended)
            os.close(ended)
        return self._calls.popleft()

    def reply(
        self, call: Call, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"{}"
    ) -> None:
        """Answer a call; the runtime may have ended meanwhile."""
        fields = {"Content-Type": "application/json", **(headers or {})}
        head = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Other')}"]
        head += [f"{name}: {value}" for name, value in fields.items()]
        head += [f"Content-Length: {len(body)}", "", ""]
        with contextlib.suppress(OSError):
            call.connection.sendall("\r\n".join(head).encode() + body)

    def drop(self) -> None:
        """Forget the runtime served so far: its connections and its unanswered calls."""
        for connection in list(self._readers):
            self._close(connection)
        self._calls.clear()

    def _serve(self, source: socket.socket) -> None:
        if source is self._listener:
            connection, _ = source.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connection, selectors.EVENT_READ)
            self._readers[connection] = RequestReader()
            return
        try:
            self._receive(source, self._readers[source])
        except (OSError, ValueError):  # it disconnected, or does not speak HTTP
            self._close(source)

    def _receive(self, connection: socket.socket, reader: RequestReader) -> None:
        data = connection.recv(1 << 20)
        if not data:
            raise ConnectionResetError
        reader.feed(data)
        while (request := reader.take()) is not None:
            self._calls.append(Call(request, time.monotonic_ns(), connection))
        if reader.wants_continue():
            connection.sendall(_CONTINUE)

    def _close(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._readers[connection]
        connection.close()
