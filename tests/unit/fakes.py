"""What unit tests share: values with defaults, and a connection that is a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from surefoot._runtime.config import Config
from surefoot._runtime.logs import Log
from surefoot._runtime_api.http1 import Reply
from surefoot._runtime_api.invocation import Invocation
from surefoot._runtime_api.transport import Connection

REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


def config(**environ: str) -> Config:
    """The settings of a function called app.handler, with these variables besides."""
    return Config(["app.handler"], {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", **environ})


def invocation(body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Invocation:
    """An invocation with a request id and a JSON content type; `headers` add or replace."""
    usual = {"lambda-runtime-aws-request-id": REQUEST_ID, "content-type": "application/json"}
    return Invocation({**usual, **(headers or {})}, body)


def log(**environ: str) -> Log:
    """A log with the settings that these variables make."""
    return Log(config(**environ))


class ListConnection(Connection):
    """Hands out prepared replies in order and remembers what was sent."""

    def __init__(self, replies: Iterable[Reply], host: str = "127.0.0.1", port: int = 9001) -> None:
        super().__init__(host, port)
        self.replies = list(replies)
        self.sent: list[tuple[list[bytes], bytes]] = []

    def exchange(self, head: bytes, body: bytes = b"") -> Reply:
        """Record the lines of the head and the body; return the next reply."""
        assert head.endswith(b"\r\n\r\n")
        self.sent.append((head[:-4].split(b"\r\n"), body))
        return self.replies.pop(0)


def reply(status: int = 202, body: bytes = b"", **headers: str) -> Reply:
    """A reply with headers given as keywords; an underscore stands for a dash."""
    return Reply(status, {k.replace("_", "-"): v for k, v in headers.items()}, body, reusable=True)
