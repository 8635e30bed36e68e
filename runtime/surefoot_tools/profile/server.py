"""A Runtime API for one process and one invocation: what it did, and when."""

from __future__ import annotations

import base64
import json
import selectors
import socket
import time
from dataclasses import dataclass

from .http_messages import Request, RequestParser, reply

REQUEST_ID = "00000000-0000-4000-8000-000000000001"
_ARN = "arn:aws:lambda:us-east-1:000000000000:function:profile"
_RESPONSE = f"/2018-06-01/runtime/invocation/{REQUEST_ID}/response"
_ERROR = f"/2018-06-01/runtime/invocation/{REQUEST_ID}/error"
_NEXT = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR = "/2018-06-01/runtime/init/error"


@dataclass(frozen=True)
class Failure:
    """How a function failed: ``phase`` is ``init`` or ``invocation``."""

    phase: str
    kind: str
    message: str
    stack: tuple[str, ...] = ()

    @classmethod
    def of(cls, phase: str, body: bytes) -> Failure:
        """Read an error report as the runtime posts it."""
        try:
            report = json.loads(body)
            stack = tuple(map(str, report.get("stackTrace") or ()))
            return cls(phase, str(report["errorType"]), str(report["errorMessage"]), stack)
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls(phase, "Unknown", body.decode("utf-8", "replace"))


class Server:
    """Listens on loopback; ``ready(key)`` is to be called for each of its selector's keys.

    Times are nanoseconds of the monotonic clock, 0 for what has not happened. The second request
    for an invocation is left waiting: ``parked`` means that everything is done.
    """

    def __init__(self, event: bytes, timeout_s: float, selector: selectors.BaseSelector) -> None:
        self.event = event
        self.timeout_s = timeout_s
        self.next_ns = self.sent_ns = self.first_byte_ns = self.end_ns = 0
        self.answer = b""
        self.failure: Failure | None = None
        self.waiting: socket.socket | None = None
        self.parked = False
        self._selector = selector
        self._parsers: dict[int, RequestParser] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def hand_out(self) -> None:
        """Answer the waiting request for an invocation; the call begins now."""
        if self.waiting is None:
            return
        deadline_ms = int((time.time() + self.timeout_s) * 1000)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
        }
        data = reply("200 OK", self.event, headers)
        self.sent_ns = time.monotonic_ns()
        self.waiting.sendall(data)
        self.waiting = None

    def close(self) -> None:
        """Close the listener and every connection."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                self._selector.unregister(key.fileobj)
                key.fileobj.close()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parsers[connection.fileno()] = RequestParser()
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._read(connection))

    def _read(self, connection: socket.socket) -> None:
        now_ns = time.monotonic_ns()
        try:
            data = connection.recv(1 << 18)
        except ConnectionError:
            data = b""
        parser = self._parsers[connection.fileno()]
        if not data:
            self._selector.unregister(connection)
            connection.close()
            return
        for request in parser.feed(data, now_ns):
            self._take(request, connection)

    def _take(self, request: Request, connection: socket.socket) -> None:
        if request.path == _NEXT and not self.sent_ns:
            self.next_ns = request.begun_ns
            self.waiting = connection
            return
        if request.path == _NEXT:
            self.parked = True
            return
        if request.path == _RESPONSE:
            self.first_byte_ns, self.end_ns = request.first_byte_ns, request.end_ns
            self.answer = request.body
            broken = request.trailers.get("lambda-runtime-function-error-body")
            if broken is not None:
                self.failure = Failure.of("invocation", base64.b64decode(broken))
        elif request.path == _ERROR:
            self.first_byte_ns = self.end_ns = request.end_ns
            self.failure = Failure.of("invocation", request.body)
        elif request.path == _INIT_ERROR:
            self.failure = Failure.of("init", request.body)
        connection.sendall(reply("202 Accepted", b'{"status":"OK"}'))
