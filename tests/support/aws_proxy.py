"""A proxy before moto: real HTTP on loopback; scripted answers for some calls, moto's for the rest.

For what moto cannot do: stacks and functions that fail, refused calls, connections that break.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import requests

_INVOKE = re.compile(r"/2015-03-31/functions/(.+)/invocations")


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; status 0 is a connection closed without one."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


HANG_UP = Reply(0)


def result(**members: Any) -> Reply:
    """A success in the query protocol; the server puts the name of the action in."""
    return Reply(200, b"<R><ACTIONResult>%s</ACTIONResult></R>" % _xml(members).encode())


def fault(code: str, message: str, status: int = 400) -> Reply:
    """A refusal, readable in the query protocol; see json_fault for the others."""
    error = _xml({"Error": {"Type": "Sender", "Code": code, "Message": message}})
    return Reply(status, f"<ErrorResponse>{error}</ErrorResponse>".encode())


def json_fault(code: str, message: str, status: int = 400) -> Reply:
    """A refusal of a JSON service such as ECR or Lambda."""
    body = json.dumps({"__type": code, "message": message, "Message": message})
    return Reply(status, body.encode(), {"X-Amzn-ErrorType": code})


@dataclass(frozen=True)
class Call:
    """One request: the API's action and its form fields, or its body for a JSON service."""

    action: str
    fields: Mapping[str, str]
    body: bytes
    query: str


class AwsProxy:
    """The scripted answers, and every request that was received. `url` is its address."""

    def __init__(self, moto_url: str) -> None:
        self.moto_url = moto_url
        self.calls: list[Call] = []
        self.url = ""
        self._answers: dict[str, list[Reply]] = {}
        self._last: dict[str, Reply | None] = {}
        self._lock = threading.Lock()

    def answer(self, action: str, *replies: Reply) -> None:
        """Answer calls of `action` with `replies` in order; the last one also answers all later."""
        self._answers[action], self._last[action] = list(replies), replies[-1]

    def answer_first(self, action: str, *replies: Reply) -> None:
        """Answer the first calls of `action` with `replies`; moto answers the later ones."""
        self._answers[action], self._last[action] = list(replies), None

    def calls_to(self, action: str) -> list[Call]:
        """The requests for `action`, in order."""
        return [call for call in self.calls if call.action == action]

    def count(self) -> dict[str, int]:
        """How often each action was called."""
        return dict(Counter(call.action for call in self.calls))

    def reply(self, call: Call) -> Reply | None:
        """The scripted reply to `call`; None leaves it to moto."""
        with self._lock:
            self.calls.append(call)
            left = self._answers.get(call.action, [])
            return left.pop(0) if left else self._last.get(call.action)


@contextmanager
def serve_aws_proxy(moto_url: str) -> Iterator[AwsProxy]:
    """Serve an AwsProxy before moto."""
    aws_proxy = AwsProxy(moto_url)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = _read(self.path, self.headers.get("X-Amz-Target", ""), body)
            reply = aws_proxy.reply(call) or _of_moto(moto_url, self.path, dict(self.headers), body)
            if reply.status == 0:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            answer = reply.body.replace(b"ACTIONResult", f"{call.action}Result".encode())
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    aws_proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield aws_proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _read(path: str, target: str, body: bytes) -> Call:
    where, _, query = path.partition("?")
    if invoked := _INVOKE.fullmatch(where):
        return Call("Invoke", {"FunctionName": invoked[1]}, body, query)
    if target:
        return Call(target.rpartition(".")[2], {}, body, query)
    fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return Call(fields.get("Action", ""), fields, body, query)


def _of_moto(url: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
    answer = requests.post(url + path, data=body, headers=headers, timeout=30)
    kept = {
        name: value
        for name, value in answer.headers.items()
        if name.lower().startswith(("content-type", "x-amz"))
    }
    return Reply(answer.status_code, answer.content, kept)


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(one)}</{name}>" for name, one in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(one)}</member>" for one in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))
