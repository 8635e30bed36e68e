"""CloudFormation's behaviour that moto lacks: a proxy in front of it, and its memory edited.

moto finishes every operation within the call that begins it, fails none, and gives wrong answers
about change sets that are not there. The tests let the proxy do something else than forward a
call, and write events and states into moto, which then tells of them over HTTP.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import requests
from moto.cloudformation.models import Event, Stack, cloudformation_backends

from tests.support.aws import ACCOUNT, REGION

Form = Mapping[str, str]
_EMPTY = "<{0}Response><{0}Result/></{0}Response>"
_ABSENT = (
    "<ErrorResponse><Error><Code>ChangeSetNotFound</Code>"
    "<Message>ChangeSet does not exist</Message></Error></ErrorResponse>"
)
_DENIED = (
    "<ErrorResponse><Error><Code>AccessDenied</Code>"
    "<Message>not authorized</Message></Error></ErrorResponse>"
)
_STACK = "AWS::CloudFormation::Stack"


@dataclass
class Front:
    """`instead` maps an action to what happens in its place, before an empty answer is sent.

    `denied` are actions that are refused, `calls` those that were asked for, in order; `invoked`
    are the events of asynchronous invocations.
    """

    url: str
    calls: list[str] = field(default_factory=list)
    invoked: list[Any] = field(default_factory=list)
    instead: dict[str, Callable[[Form], None]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)


@contextmanager
def front(moto_url: str) -> Iterator[Front]:
    """A proxy on http://localhost: with an address in numbers the CLI asks for other buckets."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            form = dict(parse_qsl(content.decode("latin-1")))
            action = form.get("Action", "")
            if action:
                told.calls.append(action)
            if self.path.endswith("/invocations"):
                told.invoked.append(json.loads(content))
                self._answer(202, b"", "application/json")
            elif action in told.denied:
                self._answer(403, _DENIED.encode(), "text/xml")
            elif action in told.instead:
                told.instead[action](form)
                self._answer(200, _EMPTY.format(action).encode(), "text/xml")
            elif action == "DeleteChangeSet" and not _exists(form):  # no error at AWS
                self._answer(200, _EMPTY.format(action).encode(), "text/xml")
            elif action == "DescribeChangeSet" and not _exists(form):
                self._answer(404, _ABSENT.encode(), "text/xml")
            else:
                self._forward(content)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 (http.server's names)

        def _forward(self, content: bytes) -> None:
            reply = requests.request(
                self.command,
                moto_url + self.path,
                data=content,
                headers=dict(self.headers.items()),
                timeout=30,
            )
            kind, tag = (reply.headers.get(name, "") for name in ("Content-Type", "ETag"))
            self._answer(reply.status_code, reply.content, kind, tag)

        def _answer(self, status: int, content: bytes, kind: str, tag: str = "") -> None:
            self.send_response(status)
            if tag:
                self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Type", kind)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told = Front(f"http://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _exists(form: Form) -> bool:
    sets = cloudformation_backends[ACCOUNT][REGION].change_sets
    wanted = form["ChangeSetName"]
    return wanted in sets or any(found.change_set_name == wanted for found in sets.values())


def stack_of(name: str) -> Stack:
    """The stack in moto's memory."""
    stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    return next(stack for stack in stacks if stack.name == name)


def happen(name: str, resource: str, kind: str, status: str, reason: str = "") -> None:
    """Add an event to a stack; one on the stack itself, `_STACK`, also changes its status."""
    stack = stack_of(name)
    event = Event(
        stack_id=stack.stack_id,
        stack_name=name,
        logical_resource_id=resource,
        physical_resource_id=stack.stack_id if resource == name else f"{name}-{resource.lower()}",
        resource_type=kind,
        resource_status=status,
        resource_status_reason=reason or None,
        resource_properties=None,
    )
    stack.events.append(event)
    if resource == name:
        stack.status = status


def become(name: str, status: str, reason: str = "") -> None:
    """Bring a stack into a status, with the event that tells of it."""
    happen(name, name, _STACK, status, reason)
