"""AWS with some calls refused: a proxy on loopback in front of moto."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

# How a call looks that is no form with an Action: Lambda's path, a JSON target.
_PATHS = ((re.compile(r"^/2015-03-31/functions/[^/]+/configuration"), "GetFunctionConfiguration"),)
_OWN = ("host", "content-length")
_NEXT = b"&NextToken=more"
_EC2 = (
    "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
)
_QUERY = "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"


@dataclass
class Front:
    """The proxy's address; `refused` has (status, code) by operation and may be changed.

    `paged` operations of EC2 answer with an empty first page. `calls` are the operations that came,
    in their order.
    """

    url: str
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    paged: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)


@contextmanager
def refusing(url: str) -> Iterator[Front]:
    """Run the proxy before the server at `url`."""
    front = Front("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation = _operation(self.path, dict(self.headers), body)
            front.calls.append(operation)
            if operation in front.refused:
                status, code = front.refused[operation]
                self._answer(status, _error(operation, body, code), {"x-amzn-errortype": code})
                return
            if operation in front.paged and _NEXT not in body:
                page = f"<{operation}Response><nextToken>more</nextToken></{operation}Response>"
                self._answer(200, page.encode(), {"Content-Type": "text/xml"})
                return
            body = body.replace(_NEXT, b"")
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _OWN}
            answer = requests.request(
                self.command, url + self.path, data=body, headers=headers, timeout=60
            )
            kind = answer.headers.get("Content-Type", "text/xml")
            self._answer(answer.status_code, answer.content, {"Content-Type": kind})

        do_GET = do_POST = _serve  # noqa: N815 (names of http.server)

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            front.url = f"http://127.0.0.1:{server.server_port}"
            yield front
        finally:
            server.shutdown()
            thread.join()


def _operation(path: str, headers: Mapping[str, str], body: bytes) -> str:
    found = re.search(rb"(?:^|&)Action=(\w+)", body)
    if found:
        return found[1].decode()
    target = {name.lower(): value for name, value in headers.items()}.get("x-amz-target", "")
    named = (name for pattern, name in _PATHS if pattern.match(path))
    return target.partition(".")[2] or next(named, path)


def _error(operation: str, body: bytes, code: str) -> bytes:
    if b"Action=" not in body:
        return b'{"message": "no"}'
    form = _EC2 if b"Version=2016-11-15" in body else _QUERY
    return form.format(code=code).encode()
