"""An HTTP/1.1 server for runtimes and extensions, on asyncio and h11.

Not uvicorn, which serves the users' side: a streamed answer ends with trailers, X-Ray causes are
longer than its header limit, and the end of a connection must be known while a call is parked.
Sources: RFC 9112; Lambda Runtime API; https://h11.readthedocs.io/.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import h11

MAX_HEAD_BYTES = 1 << 20  # awslambdaric sends X-Ray causes of 70 KB in a header
_PAUSE_BYTES = 1 << 20  # of a body that its reader has not taken yet
_HTTP_BAD_REQUEST = 400


class DisconnectedError(ConnectionError):
    """The client closed the connection before its request was complete."""


@dataclass(frozen=True)
class Reply:
    """An answer; its Content-Length is added."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Call:
    """A request whose head has come. `headers` and `trailers` have names in lower case.

    `received_ns` is when its last byte came, in monotonic nanoseconds; 0 until the body was read.
    """

    def __init__(self, connection: Connection, request: h11.Request) -> None:
        self.method = request.method.decode("ascii")
        self.target = request.target.decode("latin-1")
        self.headers = _to_mapping(request.headers.raw_items())
        self.trailers: dict[str, str] = {}
        self.received_ns = 0
        loop = asyncio.get_running_loop()
        self.disconnected: asyncio.Future[None] = loop.create_future()
        self.sent: asyncio.Future[None] = loop.create_future()  # the answer is on its way
        self._connection = connection

    async def wait_for(self, future: asyncio.Future[Any]) -> None:
        """Return when `future` is done or the client has disconnected."""
        either: set[asyncio.Future[Any]] = {future, self.disconnected}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)

    async def read_chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; `trailers` are complete afterwards. Raises DisconnectedError."""
        while not self.received_ns:
            event = await self._connection.read_event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.trailers = _to_mapping(event.headers.raw_items())
                self.received_ns = self._connection.arrived_ns
            else:
                raise DisconnectedError("the client closed the connection")

    async def read_body(self) -> bytes:
        """The rest of the body at once. Raises DisconnectedError."""
        return b"".join([chunk async for chunk in self.read_chunks()])

    async def discard_body(self) -> None:
        """Read what is left of the body without keeping it. Raises DisconnectedError."""
        async for _ in self.read_chunks():
            pass


Handler = Callable[[Call], Awaitable[Reply]]


class HttpServer:
    """A listener on loopback that gives each call to `handler`; `address` is host:port."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self.activity = 0  # changes with every connection and everything that arrives
        self.address = ""

    async def start(self, port: int = 0) -> None:
        """Listen on a free port, or on `port`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", port)
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def settle(self) -> None:
        """Return when everything that a process sent before its end has been taken in.

        All of it is in the kernel by then; three rounds of the event loop without news (accept,
        read, handle) say that nothing is left there.
        """
        quiet = 0
        while quiet < 3:
            before = self.activity
            await asyncio.sleep(0)
            quiet = quiet + 1 if self.activity == before else 0

    def disconnect(self) -> None:
        """Close every connection; the listener stays."""
        for connection in list(self._connections):
            connection.abort()

    def stop(self) -> None:
        """Close the listener and every connection. Safe to call again."""
        if self._server is not None:
            self._server.close()
        self.disconnect()

    async def handle(self, call: Call) -> Reply:
        """The handler's answer, after all of the request has been read."""
        reply = await self._handler(call)
        await call.discard_body()
        return reply

    def add(self, connection: Connection) -> None:
        """Remember a connection, to close it."""
        self._connections.add(connection)

    def remove(self, connection: Connection) -> None:
        """Forget a closed connection."""
        self._connections.discard(connection)


class Connection(asyncio.Protocol):
    """One connection: its calls are handled one after the other."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._arrived = asyncio.Event()
        self._unread = 0
        self._lost = False
        self._call: Call | None = None
        self._transport: asyncio.Transport
        self.arrived_ns = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (it is TCP)
        self._transport = transport
        self._server.activity += 1
        self._server.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Take in bytes; stop reading when nothing uses them."""
        self.arrived_ns = time.monotonic_ns()
        self._server.activity += 1
        self._h11.receive_data(data)
        self._unread += len(data)
        if self._unread > _PAUSE_BYTES:
            self._transport.pause_reading()
        self._arrived.set()

    def connection_lost(self, error: Exception | None) -> None:
        """Wake up whatever waits for this connection."""
        del error
        self._lost = True
        self._server.activity += 1
        self._server.remove(self)
        self._arrived.set()
        if self._call is not None and not self._call.disconnected.done():
            self._call.disconnected.set_result(None)

    def abort(self) -> None:
        """Close it at once."""
        self._transport.abort()

    async def read_event(self) -> object:
        """The next event of h11; ConnectionClosed when nothing more can come."""
        if self._h11.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._lost:
                return h11.ConnectionClosed()
            self._unread = 0
            self._arrived.clear()
            if not self._transport.is_reading() and not self._transport.is_closing():
                self._transport.resume_reading()
            await self._arrived.wait()

    async def _serve(self) -> None:
        try:
            while await self._exchange():
                pass
        except (DisconnectedError, h11.LocalProtocolError):
            pass  # it is gone, or was answered while it went
        except h11.RemoteProtocolError as error:
            self._refuse(error)
        finally:
            if not self._lost:
                self._transport.close()

    async def _exchange(self) -> bool:
        """One request and its answer; False when the connection is at its end."""
        event = await self.read_event()
        if not isinstance(event, h11.Request):
            return False
        call = self._call = Call(self, event)
        reply = await self._server.handle(call)
        self._call = None
        if self._lost:
            return False
        self._answer(reply)
        call.sent.set_result(None)
        if self._h11.our_state is h11.MUST_CLOSE:
            return False
        self._h11.start_next_cycle()
        return True

    def _answer(self, reply: Reply) -> None:
        headers = {"Content-Type": "application/json", **reply.headers}
        fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        fields.append((b"Content-Length", str(len(reply.body)).encode()))
        self._send(
            h11.Response(status_code=reply.status, headers=fields),
            h11.Data(data=reply.body),
            h11.EndOfMessage(),
        )

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._lost or self._h11.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        self._answer(
            Reply(error.error_status_hint or _HTTP_BAD_REQUEST, str(error).encode(), _CLOSE)
        )

    def _send(self, *events: h11.Event) -> None:
        # In one write: a head and a body apart would wait for the client's acknowledgement.
        self._transport.write(b"".join(self._h11.send(event) or b"" for event in events))


_CLOSE = {"Content-Type": "text/plain", "Connection": "close"}


def _to_mapping(items: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in items}
