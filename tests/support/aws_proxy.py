"""The proxy before moto: real HTTP on loopback; answers of a test's own, moto's for the rest.

For what moto cannot do: stacks and functions that fail, refused calls, connections that break.
`serve` runs anything with a `url` and a `reply`; AwsProxy is one whose answers are scripted.
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
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import requests

# The operations of Lambda's REST API, by the method and the path behind the version.
_LAMBDA = (
    (re.compile(r"GET /functions/?"), "ListFunctions"),
    (re.compile(r"GET /functions/([^/]+)/configuration"), "GetFunctionConfiguration"),
    (re.compile(r"PUT /functions/([^/]+)/configuration"), "UpdateFunctionConfiguration"),
    (re.compile(r"POST /functions/(.+)/invocations"), "Invoke"),
    (re.compile(r"GET /account-settings/?"), "GetAccountSettings"),
    (re.compile(r"GET /tags/(.+)"), "ListTags"),
    (re.compile(r"POST /tags/(.+)"), "TagResource"),
)
_EC2_VERSION = "2016-11-15"
_HOP_BY_HOP = ("host", "content-length", "connection")


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; status 0 is a connection closed without one."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


HANG_UP = Reply(0)
ACCEPTED = Reply(202)  # an asynchronous invocation


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


def ec2_fault(code: str, message: str, status: int = 400) -> Reply:
    """A refusal of EC2, whose query protocol has a form of its own."""
    error = _xml({"Errors": {"Error": {"Code": code, "Message": message}}, "RequestID": "1"})
    return Reply(status, f"<Response>{error}</Response>".encode(), {"Content-Type": "text/xml"})


@dataclass(frozen=True)
class Call:
    """One request: the API's action and its form fields, or its body for another protocol.

    `action` is empty for a path that is not known, such as S3's.
    """

    action: str
    fields: Mapping[str, str]
    body: bytes
    query: str
    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)

    def refuse(self, code: str, message: str = "no", status: int = 400) -> Reply:
        """A refusal in the form that the call's protocol needs."""
        if "Action" not in self.fields:
            return json_fault(code, message, status)
        is_ec2 = self.fields.get("Version") == _EC2_VERSION
        return (ec2_fault if is_ec2 else fault)(code, message, status)


class Answering(Protocol):
    """What `serve` runs: `url` receives its address."""

    url: str

    def reply(self, call: Call) -> Reply | None:
        """The reply to a call; None leaves it to moto."""


A = TypeVar("A", bound=Answering)


class AwsProxy:
    """Scripted answers, and every request that was received. `url` is its address."""

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
    with serve(AwsProxy(moto_url), moto_url) as aws_proxy:
        yield aws_proxy


@contextmanager
def serve(answering: A, moto_url: str, host: str = "127.0.0.1") -> Iterator[A]:
    """Serve `answering` on loopback; `host` is how its `url` names that."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = read_call(self.command, self.path, dict(self.headers), body)
            reply = answering.reply(call) or ask_moto(moto_url, call)
            if reply.status == 0:
                self.close_connection = True
                return
            self.send_response(reply.status)
            answer = reply.body.replace(b"ACTIONResult", f"{call.action}Result".encode())
            for name, value in {**reply.headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 (http.server's names)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    answering.url = f"http://{host}:{server.server_port}"
    try:
        yield answering
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read_call(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    """Find out which operation a request calls."""
    where, _, query = path.partition("?")
    about = (body, query, method, path, headers)
    # A service of JSON names its operation in a header.
    named = {name.lower(): value for name, value in headers.items()}
    if target := named.get("x-amz-target", ""):
        return Call(target.rpartition(".")[2], {}, *about)
    rest = re.sub(r"^/\d{4}-\d\d-\d\d(?=/)", "", where)
    for pattern, action in _LAMBDA if rest != where else ():
        if found := pattern.fullmatch(f"{method} {rest}"):
            fields = {"FunctionName": found[1]} if action == "Invoke" else {}
            return Call(action, fields, *about)
    fields = {}
    if "urlencoded" in named.get("content-type", ""):
        fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return Call(fields.get("Action", ""), fields, *about)


def ask_moto(moto_url: str, call: Call) -> Reply:
    """Have moto answer a call."""
    headers = {k: v for k, v in call.headers.items() if k.lower() not in _HOP_BY_HOP}
    answer = requests.request(
        call.method, moto_url + call.path, data=call.body, headers=headers, timeout=60
    )
    kept = {
        name: value
        for name, value in answer.headers.items()
        if name.lower().startswith(("content-type", "x-amz", "etag", "last-modified"))
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
