"""A Runtime API that does next to nothing per request, as a process of its own.

Its replies are made before the clock starts, so that what is measured is the client. It obeys
lines of JSON on stdin, one at a time, and reports on stdout; `tests.performance.api` is the
other end.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from typing import Any

REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
_ACCEPTED = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    b'{"status":"OK"}'
)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LIFETIME_MS = 900_000  # the longest time-out that Lambda gives


def next_reply(event: bytes) -> bytes:
    """What GET invocation/next answers, with the headers that Lambda sends."""
    deadline = int(time.time() * 1000) + _LIFETIME_MS
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Lambda-Runtime-Aws-Request-Id: {REQUEST_ID}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
        "Lambda-Runtime-Invoked-Function-Arn: "
        "arn:aws:lambda:eu-north-1:123456789012:function:bench\r\n"
        "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n"
        f"Content-Length: {len(event)}\r\n\r\n"
    )
    return head.encode() + event


class Server:
    """One scenario at a time: `count` invocations, then every poll waits."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._events = select.epoll()
        self._events.register(self._listener, select.EPOLLIN)
        self._events.register(sys.stdin, select.EPOLLIN)
        self._clients: dict[int, tuple[socket.socket, bytearray]] = {}
        self._scenario: dict[str, Any] = {}
        self._reply = b""
        self._given = self._taken = self._parked = 0

    def run(self) -> None:
        """Serve until stdin ends."""
        self._tell(port=self._listener.getsockname()[1])
        while True:
            for descriptor, _ in self._events.poll():
                if descriptor == sys.stdin.fileno():
                    if not self._obey():
                        return
                elif descriptor == self._listener.fileno():
                    self._accept()
                elif descriptor in self._clients:
                    self._receive(descriptor)

    def _obey(self) -> bool:
        line = sys.stdin.buffer.readline()
        self._scenario = json.loads(line) if line else {}
        if "event" in self._scenario:
            self._reply = next_reply(self._scenario["event"].encode())
        for descriptor in list(self._clients):
            self._drop(descriptor)
        self._given = self._taken = self._parked = 0
        self._tell(ready=True)
        return bool(line)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients[client.fileno()] = (client, bytearray())
        self._events.register(client, select.EPOLLIN)

    def _drop(self, descriptor: int) -> None:
        client, _ = self._clients.pop(descriptor)
        self._events.unregister(client)
        client.close()

    def _receive(self, descriptor: int) -> None:
        client, buffer = self._clients[descriptor]
        try:
            data = client.recv(1 << 20)
            buffer += data
            if not data:
                self._drop(descriptor)
                return
            self._answer(client, buffer)
        except ConnectionError:
            self._drop(descriptor)

    def _answer(self, client: socket.socket, buffer: bytearray) -> None:
        end = buffer.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        if buffer.startswith(b"GET"):
            del buffer[:end]
            self._next(client)
            return
        head = bytes(buffer[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(buffer) < end + length:
            if len(buffer) == end and b"expect:" in head:
                client.sendall(_CONTINUE)
            return
        now = time.monotonic_ns()
        first_line = head.partition(b"\r\n")[0].decode()
        body = bytes(buffer[end : end + min(length, 4096)])
        del buffer[: end + length]
        self._taken += 1
        if "/response" not in first_line:
            self._tell(failed=first_line, body=body.decode("utf-8", "replace"))
        elif self._taken in self._scenario.get("marks", ()):
            self._tell(mark=self._taken, ns=now, body=body.decode("utf-8", "replace"))
            if self._scenario.get("hold", True):
                # The client waits while it is looked at. The word back keeps the other end from
                # sending its next line too soon, into the buffer, where no poll would see it.
                sys.stdin.buffer.readline()
                self._tell(released=True)
        client.sendall(_ACCEPTED)

    def _next(self, client: socket.socket) -> None:
        if self._given < self._scenario.get("count", 0):
            self._given += 1
            client.sendall(self._reply)
        else:
            self._parked += 1
            if self._parked == self._scenario.get("parked"):
                self._tell(parked=self._parked)

    @staticmethod
    def _tell(**fields: Any) -> None:
        print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    Server().run()
