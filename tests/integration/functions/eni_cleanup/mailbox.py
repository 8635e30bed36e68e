"""CloudFormation's side of the answer: a real web server, which misbehaves as the test asks."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DROP = 0  # instead of a status: reset the connection
HANG = -1  # say nothing until the mailbox is closed


class Mailbox:
    """Answers with `statuses` in turn, then always with 200."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/answer?X-Amz-Signature=secret"
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], bytes]] = []  # whatever was answered to it
        self.taken: list[dict[str, Any]] = []  # confirmed by a 2xx
        self.closed = threading.Event()


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            box.received.append((dict(self.headers.items()), content))
            status = box.statuses.pop(0) if box.statuses else 200
            if status == DROP:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                return
            if status == HANG:
                box.closed.wait()
                return
            if 200 <= status < 300:
                box.taken.append(json.loads(content))
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            # Where a PUT would end up that follows redirects carelessly.
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box = Mailbox(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield box
    finally:
        box.closed.set()
        server.shutdown()
        thread.join()
        server.server_close()
