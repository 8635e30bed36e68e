"""EC2's and Lambda's behaviour that moto lacks: a proxy in front of it.

It refuses to delete or detach what is in use, takes asynchronous invocations, and can let a call
fail, be throttled or lose its connection.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import requests
from moto.ec2.models import ec2_backends

from tests.support.aws import ACCOUNT, REGION

_LAMBDA = (
    (re.compile(r"GET /[^/]+/functions/?(\?.*)?"), "ListFunctions"),
    (re.compile(r"GET /[^/]+/functions/[^/]+/configuration"), "GetFunctionConfiguration"),
    (re.compile(r"PUT /[^/]+/functions/[^/]+/configuration"), "UpdateFunctionConfiguration"),
    (re.compile(r"POST /[^/]+/functions/[^/]+/invocations"), "Invoke"),
    (re.compile(r"GET /[^/]+/tags/.*"), "ListTags"),
    (re.compile(r"POST /[^/]+/tags/.*"), "TagResource"),
)
_EC2_ERROR = (
    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>1</RequestID></Response>"
)
THROTTLED = "throttled"
FAILED = "failed"
DROPPED = "dropped"


class Proxy:
    """`calls` are the operations in order; `crimes` are deletions of what is in use."""

    def __init__(self, moto_url: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.moto_url = moto_url
        self.calls: list[str] = []
        self.crimes: list[str] = []
        self.invoked: list[dict[str, Any]] = []
        self.fault: Callable[[int, str], str] = lambda _, __: ""
        self.before: Callable[[int, str], None] = lambda _, __: None


@contextmanager
def proxy(moto_url: str) -> Iterator[Proxy]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation = _operation(self.command, self.path, content)
            number = len(self_.calls)
            self_.calls.append(operation)
            self_.before(number, operation)
            fault = self_.fault(number, operation)
            if fault == DROPPED:
                self.close_connection = True
            elif fault == FAILED:
                self._answer(503, b"")
            elif fault == THROTTLED:
                self._throttle(operation)
            elif operation == "Invoke":
                self_.invoked.append(json.loads(content))
                self._answer(202, b"")
            elif operation == "DeleteNetworkInterface" and (name := _in_use(content)):
                self_.crimes.append(name)
                message = f"Network interface '{name}' is currently in use."
                self._refuse("InvalidParameterValue", message)
            else:
                self._forward(content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 (http.server's names)

        def _forward(self, content: bytes) -> None:
            kept = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            reply = requests.request(
                self.command, self_.moto_url + self.path, data=content, headers=kept, timeout=30
            )
            self._answer(reply.status_code, reply.content, reply.headers.get("Content-Type", ""))

        def _refuse(self, code: str, message: str) -> None:
            self._answer(400, _EC2_ERROR.format(code=code, message=message).encode(), "text/xml")

        def _throttle(self, operation: str) -> None:
            if "NetworkInterface" in operation:
                self._refuse("RequestLimitExceeded", "Request limit exceeded.")
            else:
                # Of the services that speak XML, no two have the same form: then it is a bare page.
                self._answer(429, b"{}")

        def _answer(self, status: int, content: bytes, kind: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if kind:
                self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    self_ = Proxy(moto_url, server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield self_
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _operation(method: str, path: str, content: bytes) -> str:
    for pattern, name in _LAMBDA:
        if pattern.fullmatch(f"{method} {path}"):
            return name
    return parse_qs(content.decode()).get("Action", [f"{method} {path}"])[0]


def _in_use(content: bytes) -> str:
    name = parse_qs(content.decode())["NetworkInterfaceId"][0]
    eni = ec2_backends[ACCOUNT][REGION].enis.get(name)
    return name if eni is not None and eni.status != "available" else ""
