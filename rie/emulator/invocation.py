"""One invocation: what goes to the function, and the answer as it comes back."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

MAX_BUFFERED_BYTES = 6_291_556  # an answer; recorded on Lambda
MAX_STREAMED_BYTES = 200 * 1024 * 1024
JSON = "application/json"
_RECORDED_TYPE = re.compile(r"(Runtime|Function|Extension|Sandbox)\.[A-Z][A-Za-z]+")


@dataclass(frozen=True)
class Failure:
    """Why an invocation failed: the type for reports, the body for the caller.

    `timed_out` makes the difference in REPORT lines and exit codes.
    """

    error_type: str
    body: bytes
    timed_out: bool = False

    @property
    def message(self) -> str:
        """The errorMessage of the body, or the body where that is something else."""
        try:
            return str(json.loads(self.body)["errorMessage"])
        except (ValueError, KeyError, TypeError):
            return self.body.decode(errors="replace")


def make_failure(
    error_type: str, message: str, request_id: str = "", *, timed_out: bool = False
) -> Failure:
    """The failure that Lambda itself reports: its JSON has no spaces and no stack trace."""
    text = f"RequestId: {request_id} Error: {message}" if request_id else message
    body = {"errorType": error_type, "errorMessage": text}
    return Failure(error_type, json.dumps(body, separators=(",", ":")).encode(), timed_out)


def describe_reported_error(body: bytes, header: str) -> Failure:
    """The failure that a runtime reports: its body as it came, its type as Lambda records it."""
    return Failure(header if _RECORDED_TYPE.fullmatch(header) else "Runtime.Unknown", body)


class Answer:
    """The answer of one invocation, read while it comes."""

    def __init__(self) -> None:
        self.content_type = JSON
        self.streamed = False
        self.begun = asyncio.Event()
        self.size = 0
        self.failure: Failure | None = None
        self._finished = False
        self._chunks: list[bytes] = []
        self._changed = asyncio.Event()

    def begin(self, content_type: str, *, streamed: bool) -> None:
        """The head has come."""
        self.content_type = content_type
        self.streamed = streamed
        if streamed:
            self.begun.set()  # a buffered answer is given out as a whole

    def write(self, chunk: bytes) -> None:
        """A part of the body has come."""
        self.size += len(chunk)
        self._chunks.append(chunk)
        self._changed.set()

    def finish(self, failure: Failure | None) -> None:
        """Nothing else will come. A buffered body is replaced by the failure's."""
        self.failure = failure
        if failure is not None and not self.begun.is_set():
            self.content_type, self._chunks, self.size = JSON, [failure.body], len(failure.body)
        self._finished = True
        self.begun.set()
        self._changed.set()

    async def read_chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, for one reader at any time."""
        await self.begun.wait()
        position = 0
        while True:
            while position < len(self._chunks):
                yield self._chunks[position]
                position += 1
            if self._finished:
                return
            self._changed.clear()
            await self._changed.wait()

    async def read(self) -> bytes:
        """The whole body, once it is complete."""
        return b"".join([chunk async for chunk in self.read_chunks()])


@dataclass(frozen=True)
class Report:
    """What the REPORT line says, in milliseconds and MB."""

    duration_ms: float
    init_ms: float | None
    restore_ms: float | None
    memory_mb: int
    used_mb: int


def make_trace_id() -> str:
    """An X-Ray trace header that is not sampled."""
    root = f"1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
    return f"Root={root};Parent={uuid.uuid4().hex[:16]};Sampled=0"


@dataclass
class Invocation:
    """An event on its way. `answer` is complete before `done` is set."""

    event: bytes
    arn: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_context: str = ""
    identity: str = ""
    tenant_id: str = ""
    trace_id: str = field(default_factory=make_trace_id)
    trigger: str = "RequestResponse"
    created: float = field(default_factory=time.time)
    deadline_ms: int = 0
    environment: str = ""
    answer: Answer = field(default_factory=Answer)
    log: list[bytes] = field(default_factory=list)
    report: Report | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def headers(self) -> dict[str, str]:
        """The head of the Runtime API's answer to `next`."""
        fields = {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self.arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
            "Lambda-Runtime-Client-Context": self.client_context,
            "Lambda-Runtime-Cognito-Identity": self.identity,
            "Lambda-Runtime-Aws-Tenant-Id": self.tenant_id,
        }
        return {name: value for name, value in fields.items() if value}

    def tail(self, limit: int = 4096) -> bytes:
        """The last bytes of its log, as LogType=Tail returns them."""
        return b"".join(line + b"\n" for line in self.log)[-limit:]
