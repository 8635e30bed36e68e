"""A lean Runtime API that keeps the account: many connections in one thread, nothing recorded.

The scripted one of tests/support records every byte, which a million invocations would make the
thing that is measured.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator

from tests.soak.account import Account
from tests.soak.load import Fault, Invocation

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
_ANSWER = re.compile(rb"POST /2018-06-01/runtime/invocation/([^/ ]+)/(response|error) ")
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\nTransfer-Encoding: chunked\r\n", re.IGNORECASE)
_BROKEN = {Fault.ANSWER_BROKEN, Fault.CLOSED_AND_BROKEN}
_IDLE = {Fault.CLOSED_IDLE, Fault.CLOSED_AND_BROKEN}
_RECV_BYTES = 1 << 18
_TICK_S = 0.05


class Connection:
    """One connection of the runtime; `invocation` is what it got last."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = bytearray()
        self.invocation: Invocation | None = None
        self.parked = False


class Server:
    """Listens on loopback; a context manager. `open` is what was delivered and not answered."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.open: dict[str, Invocation] = {}
        self.owner = 0
        self._answered: dict[str, Invocation] = {}
        self._again: deque[Invocation] = deque()
        self._source: Iterator[Invocation] = iter(())
        self._connections: dict[int, Connection] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setblocking(False)
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self.address = "{}:{}".format(*self._listener.getsockname())

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._listener.close()
        self._poll.close()

    @property
    def parked(self) -> int:
        """How many connections wait in next."""
        return sum(each.parked for each in self._connections.values())

    def feed(self, source: Iterator[Invocation]) -> None:
        """Deliver these; parked connections get the first ones at once."""
        self._source = source
        for connection in [each for each in self._connections.values() if each.parked]:
            self._deliver(connection)

    def serve(self, finished: Callable[[], bool], patience: float) -> bool:
        """Serve until `finished`; False when nothing came for `patience` seconds before."""
        idle_since = time.monotonic()
        while not finished():
            # A process that ends is not seen here, but by `finished`.
            events = self._poll.poll(_TICK_S)
            if events:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > patience:
                return False
            for descriptor, _ in events:
                if descriptor == self._listener.fileno():
                    self._accept()
                elif connection := self._connections.get(descriptor):
                    self._receive(connection)
        return True

    def hang_up(self) -> None:
        """The sandbox is gone: close every connection."""
        for connection in list(self._connections.values()):
            self._close(connection)

    def give_up(self) -> None:
        """Count what is open as lost."""
        for request_id in list(self.open):
            self._lose(self.open.pop(request_id), "it was never answered")

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            sock, _ = self._listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections[sock.fileno()] = Connection(sock)
            self._poll.register(sock, select.EPOLLIN)

    def _receive(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(_RECV_BYTES)
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return
        connection.buffer += data
        while connection.sock.fileno() >= 0 and (request := self._request(connection)):
            self._serve(connection, *request)

    def _request(self, connection: Connection) -> tuple[bytes, bytes, str] | None:
        """Take one whole request from the buffer: its head, its body, its trailers."""
        buffer = connection.buffer
        end = buffer.find(b"\r\n\r\n") + 4
        if end < 4:
            return None
        head = bytes(buffer[:end])
        if self._breaks(connection, head):
            return None
        if _CHUNKED.search(head):
            found = _chunks(buffer, end)
            if found is None:
                return None
            body, trailers, size = found
        else:
            length = _LENGTH.search(head)
            size = end + (int(length[1]) if length else 0)
            if len(buffer) < size:
                return None
            body, trailers = bytes(buffer[end:size]), ""
        del buffer[:size]
        return head, body, trailers

    def _breaks(self, connection: Connection, head: bytes) -> bool:
        """Reset the connection while an answer comes in, where that is its invocation's fault."""
        invocation = self._invocation(head)
        if invocation is None or invocation.broken or invocation.fault not in _BROKEN:
            return False
        invocation.broken = True
        self._close(connection, reset=True)
        return True

    def _invocation(self, head: bytes) -> Invocation | None:
        found = _ANSWER.match(head)
        return self.open.get(found[1].decode()) if found else None

    def _serve(self, connection: Connection, head: bytes, body: bytes, trailers: str) -> None:
        if head.startswith(b"GET /2018-06-01/runtime/invocation/next "):
            before = connection.invocation
            if before is not None and before.request_id in self.open:
                del self.open[before.request_id]
                self._lose(before, "the runtime went on without an answer")
            self._deliver(connection)
        elif found := _ANSWER.match(head):
            self._take(connection, found[1].decode(), found[2].decode(), body, trailers)
        else:
            self.account.wrong += 1
            self.account.note(f"{head[:100]!r} {body[:300]!r}")
            self._send(connection, ACCEPTED)

    def _deliver(self, connection: Connection) -> None:
        invocation = self._again.popleft() if self._again else next(self._source, None)
        connection.parked = invocation is None
        if invocation is None:
            return
        reply = invocation.reply()
        if invocation.fault is Fault.NEXT_CUT and not invocation.broken:
            invocation.broken = True
            self._again.append(invocation)
            self._send(connection, reply[: len(reply) * (invocation.number % 10) // 10])
            self._close(connection, reset=invocation.number % 2 == 0)
            return
        invocation.owner = self.owner
        connection.invocation = self.open[invocation.request_id] = invocation
        self.account.delivered += 1
        self._send(connection, reply)
        if invocation.fault in _IDLE:
            self._close(connection)

    def _take(
        self, connection: Connection, request_id: str, route: str, body: bytes, trailers: str
    ) -> None:
        invocation = self.open.pop(request_id, None)
        if invocation is None:
            self._take_another(request_id, body)
            self._send(connection, REFUSED)
            return
        invocation.body = body if invocation.fault is Fault.ANSWER_CUT else b""
        self._answered[request_id] = invocation
        if _judge(invocation, route, body, trailers):
            self.account.once += 1
        else:
            self.account.wrong += 1
            self.account.note(f"{invocation.kind}: {route} {body[:300]!r} to {request_id}")
        if invocation.fault is Fault.ANSWER_CUT:
            self._send(connection, ACCEPTED[: invocation.number % len(ACCEPTED)])
            self._close(connection, reset=invocation.number % 2 == 0)
            return
        self._send(connection, ACCEPTED)
        if invocation.fault is Fault.CLOSED_AFTER:
            self._close(connection)

    def _take_another(self, request_id: str, body: bytes) -> None:
        """A second answer, or one to nothing that was asked."""
        known = self._answered.get(request_id)
        if known is None:
            self.account.wrong += 1
            self.account.note(f"{body[:300]!r} to {request_id}, which is not open")
        elif known.body and known.body == body:
            known.body = b""  # its first reply was cut: it may be sent again, once
        else:
            self.account.doubled += 1
            self.account.note(f"{known.kind}: a second answer {body[:300]!r} to {request_id}")

    def _lose(self, invocation: Invocation, why: str) -> None:
        self._answered[invocation.request_id] = invocation
        self.account.lost += 1
        fault = f", {invocation.fault.value}" if invocation.fault else ""
        self.account.note(f"{invocation.kind}: {invocation.request_id}{fault}: {why}")

    def _send(self, connection: Connection, data: bytes) -> None:
        try:
            connection.sock.sendall(data)
        except OSError:
            self._close(connection)

    def _close(self, connection: Connection, *, reset: bool = False) -> None:
        descriptor = connection.sock.fileno()
        if descriptor < 0:
            return
        if reset:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.parked = False
        self._poll.unregister(connection.sock)
        del self._connections[descriptor]
        connection.sock.close()


def _judge(invocation: Invocation, route: str, body: bytes, trailers: str) -> bool:
    try:
        return invocation.is_right(route, body, trailers)
    except (ValueError, KeyError, TypeError):
        return False


def _chunks(buffer: bytearray, start: int) -> tuple[bytes, str, int] | None:
    """A chunked body and its trailers, and where they end; None when they are not all there."""
    body = b""
    while (line := buffer.find(b"\r\n", start)) >= 0:
        size = int(buffer[start:line], 16)
        if size == 0:
            end = buffer.find(b"\r\n\r\n", line)
            return None if end < 0 else (body, buffer[line:end].decode(), end + 4)
        start = line + 2 + size + 2
        if len(buffer) < start:
            return None
        body += buffer[line + 2 : line + 2 + size]
    return None
