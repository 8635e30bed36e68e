"""A web server before moto that refuses calls, as AWS does now and then, and counts them."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import requests


class Front(NamedTuple):
    """Its address, and how often each operation was called."""

    url: str
    calls: Counter[str]


@contextmanager
def refusing(url: str, refusals: Mapping[str, list[str]]) -> Iterator[Front]:
    """Pass calls on to `url`; the first ones of an operation get the error codes listed for it."""
    calls: Counter[str] = Counter()
    left = {operation: list(codes) for operation, codes in refusals.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            calls[operation] += 1
            if left.get(operation):
                code = left[operation].pop(0)
                self._answer(400, json.dumps({"__type": code, "message": "no"}).encode())
                return
            answer = requests.post(url, data=body, headers=dict(self.headers), timeout=30)
            self._answer(answer.status_code, answer.content)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Front(f"http://127.0.0.1:{server.server_port}", calls)
        finally:
            server.shutdown()
            thread.join()
