"""Servers on loopback instead of the services of trackers; they record what arrives."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.gate import DEADLINE


@dataclass(frozen=True)
class Arrival:
    """One request that came in; ``answered`` is how many invocations had their answer by then."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: int

    def json(self) -> Any:
        """The body as one JSON value."""
        return json.loads(self.body)

    def lines(self) -> list[Any]:
        """The body as JSON, one value a line."""
        return [json.loads(line) for line in self.body.splitlines() if line.strip()]


@dataclass
class Sink:
    """An HTTP server that accepts everything; a context manager."""

    count_answers: Callable[[], int]
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> Sink:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, wanted: Callable[[Arrival], object], count: int = 1) -> list[Arrival]:
        """Wait for so many requests of a kind; return them all."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.find(wanted)) >= count, DEADLINE):
                seen = [(each.path, each.body[:300]) for each in self.arrivals]
                raise TimeoutError(f"fewer than {count} arrived; so far: {seen}")
        return self.find(wanted)

    def find(self, wanted: Callable[[Arrival], object]) -> list[Arrival]:
        """The requests of a kind that have come so far."""
        return [each for each in self.arrivals if wanted(each)]

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                answered = sink.count_answers()
                body = self._body()
                headers = {name.lower(): value for name, value in self.headers.items()}
                content = _decode(body, headers.get("content-encoding", ""))
                with sink._changed:
                    sink.arrivals.append(Arrival(self.path, headers, content, answered))
                    sink._changed.notify_all()
                reply = b"{}"
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def do_GET(self) -> None:
                self.do_POST()

            def do_PUT(self) -> None:
                self.do_POST()

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") == "chunked":
                    pieces = []
                    while size := int(self.rfile.readline().split(b";")[0], 16):
                        pieces.append(self.rfile.read(size))
                        self.rfile.readline()
                    self.rfile.readline()
                    return b"".join(pieces)
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def log_message(self, *words: object) -> None:
                """Log nothing: arrivals are the record."""

        return Handler


def _decode(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    return body


@dataclass
class DatagramSink:
    """A UDP socket, as X-Ray's daemon has one; a context manager."""

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(DEADLINE)
        self.address = "{}:{}".format(*self._socket.getsockname())

    def __enter__(self) -> DatagramSink:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def receive(self) -> list[Any]:
        """Wait for the next datagram; return its lines as JSON values."""
        data = self._socket.recv(65536)
        return [json.loads(line) for line in data.splitlines() if line.strip()]
