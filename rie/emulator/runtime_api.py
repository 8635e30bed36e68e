"""The Runtime API of one execution environment, without its processes.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html; statuses that the page leaves open
are those of AWS's own emulator.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections import deque
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from rie.emulator.http_server import Call, DisconnectedError, Reply
from rie.emulator.invocation import (
    JSON,
    MAX_BUFFERED_BYTES,
    MAX_STREAMED_BYTES,
    Failure,
    Invocation,
    describe_reported_error,
    make_failure,
)

PREFIX = "/2018-06-01/runtime/"
MODE = "lambda-runtime-function-response-mode"
ERROR_TYPE = "lambda-runtime-function-error-type"
ERROR_BODY = "lambda-runtime-function-error-body"
_ACCEPTED = Reply(202, b'{"status":"OK"}\n')


def make_error_reply(status: int, error_type: str, message: str) -> Reply:
    """An error in the form of the Runtime API and the Extensions API."""
    body = {"errorMessage": message, "errorType": error_type}
    return Reply(status, json.dumps(body, separators=(",", ":")).encode())


class Exchange:
    """An invocation in a runtime's hands; `answered` is set by its response or error."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.answered = asyncio.Event()
        self.expired = False
        self.failure: Failure | None = None


class RuntimeApi:
    """What a runtime may call, and what it has said.

    `on_change` is called when `parked`, `restoring` or `init_failure` may have changed. A runtime
    has `concurrency` invocations at once; more than one only on Lambda Managed Instances.
    """

    def __init__(self, on_change: Callable[[], None], concurrency: int = 1) -> None:
        self._on_change = on_change
        self._concurrency = concurrency
        self._routes: dict[tuple[str, str], Callable[[Call], Awaitable[Reply]]] = {
            ("GET", "invocation/next"): self._next,
            ("POST", "init/error"): self._init_error,
            ("GET", "restore/next"): self._restore_next,
            ("POST", "restore/error"): self._init_error,
        }
        self.reset()

    def reset(self) -> None:
        """Forget the runtime served so far."""
        self.started = False  # it has asked for an invocation
        self.init_failure: Failure | None = None
        self._backlog: deque[Exchange] = deque()
        self._polls: deque[asyncio.Future[Exchange]] = deque()
        self._exchanges: dict[str, Exchange] = {}
        self._restore: asyncio.Future[None] | None = None

    @property
    def parked(self) -> bool:
        """Whether the runtime waits for an invocation."""
        return bool(self._polls)

    @property
    def restoring(self) -> bool:
        """Whether the runtime waits to be restored from a snapshot."""
        return self._restore is not None and not self._restore.done()

    def restore(self) -> None:
        """Answer the call for the restore, as after a snapshot."""
        if self._restore is not None and not self._restore.done():
            self._restore.set_result(None)

    def send(self, invocation: Invocation) -> Exchange:
        """Give the next poll an invocation."""
        exchange = Exchange(invocation)
        self._exchanges[invocation.request_id] = exchange
        self._backlog.append(exchange)
        self._match()
        return exchange

    def forget(self, exchange: Exchange) -> None:
        """The invocation has ended: its id is unknown from now on."""
        self._exchanges.pop(exchange.invocation.request_id, None)

    async def handle(self, call: Call, path: str) -> Reply:
        """Answer a call; `path` is what follows PREFIX."""
        path = path.partition("?")[0]
        known = {route: method for method, route in self._routes}
        if path in known:
            action = self._routes.get((call.method, path))
            return await action(call) if action else _not_allowed(known[path])
        parts = path.split("/")
        if len(parts) != 3 or parts[0] != "invocation" or parts[2] not in {"response", "error"}:
            return Reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})
        if call.method != "POST":
            return _not_allowed("POST")
        return await self._receive(call, unquote(parts[1]), is_error=parts[2] == "error")

    async def _next(self, call: Call) -> Reply:
        await call.discard_body()
        running = [each for each in self._exchanges.values() if not each.answered.is_set()]
        if len(running) - len(self._backlog) + len(self._polls) >= self._concurrency:
            return _make_forbidden("Ready")
        poll: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()
        self._polls.append(poll)
        self.started = True
        self._match()
        self._on_change()
        await call.wait_for(poll)
        if call.disconnected.done():
            self._give_back(poll)
            raise DisconnectedError
        exchange = poll.result()
        invocation = exchange.invocation
        headers = {"Content-Type": JSON, **invocation.headers()}
        return Reply(200, invocation.event, headers)

    def _give_back(self, poll: asyncio.Future[Exchange]) -> None:
        """The client hung up: an invocation that it would have got waits for its next call."""
        if poll.done():
            self._backlog.appendleft(poll.result())
        else:
            self._polls.remove(poll)
            poll.cancel()
        self._on_change()

    def _match(self) -> None:
        while self._backlog and self._polls:
            self._polls.popleft().set_result(self._backlog.popleft())

    async def _receive(self, call: Call, request_id: str, *, is_error: bool) -> Reply:
        exchange = self._exchanges.get(request_id)
        if exchange is None:
            return make_error_reply(400, "InvalidRequestID", "Invalid request ID")
        if exchange.expired:
            return make_error_reply(410, "Gone", "the invocation has timed out")
        if exchange.answered.is_set():
            return _make_forbidden("InvocationErrorResponse" if is_error else "InvocationResponse")
        if is_error:
            body = await call.read_body()
            exchange.failure = describe_reported_error(body, call.headers.get(ERROR_TYPE, ""))
            exchange.answered.set()
            self._on_change()
            return _ACCEPTED
        return await self._receive_response(call, exchange)

    async def _receive_response(self, call: Call, exchange: Exchange) -> Reply:
        mode = call.headers.get(MODE)
        if mode not in {None, "streaming"}:
            message = f"Invalid Lambda-Runtime-Function-Response-Mode header: {mode}"
            return make_error_reply(400, "InvalidFunctionResponseMode", message)
        streamed = mode == "streaming"
        answer = exchange.invocation.answer
        answer.begin(call.headers.get("content-type", JSON), streamed=streamed)
        limit = MAX_STREAMED_BYTES if streamed else MAX_BUFFERED_BYTES
        try:
            async for chunk in call.read_chunks():
                if answer.size + len(chunk) > limit:
                    return await self._refuse(call, exchange, limit)
                answer.write(chunk)
        except DisconnectedError:
            exchange.failure = make_failure(
                "Runtime.TruncatedResponse", "the runtime closed the connection in its response"
            )
            raise
        exchange.failure = _read_trailers(call)
        exchange.answered.set()
        self._on_change()
        return _ACCEPTED

    async def _refuse(self, call: Call, exchange: Exchange, limit: int) -> Reply:
        """Answer 413 once all of the body has been sent, for clients that do not look earlier."""
        await call.discard_body()
        message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
        exchange.failure = make_failure("Function.ResponseSizeTooLarge", message)
        exchange.answered.set()
        self._on_change()
        text = f"Exceeded maximum allowed payload size ({limit} bytes)."
        return make_error_reply(413, "RequestEntityTooLarge", text)

    async def _init_error(self, call: Call) -> Reply:
        body = await call.read_body()
        if self.started:
            return _make_forbidden("InitError")
        self.init_failure = describe_reported_error(body, call.headers.get(ERROR_TYPE, ""))
        self._on_change()
        return _ACCEPTED

    async def _restore_next(self, call: Call) -> Reply:
        await call.discard_body()
        if self.started or self._restore is not None:
            return _make_forbidden("RestoreReady")
        self._restore = asyncio.get_running_loop().create_future()
        self._on_change()
        await call.wait_for(self._restore)
        if not self._restore.done():
            raise DisconnectedError
        return Reply(200)


def _not_allowed(method: str) -> Reply:
    return Reply(405, headers={"Allow": method})


def _make_forbidden(target: str) -> Reply:
    text = (
        f"State transition to {target} failed for runtime. Error: State transition is not allowed"
    )
    return make_error_reply(403, "InvalidStateTransition", text)


def _read_trailers(call: Call) -> Failure | None:
    """The error of a streamed answer, which comes after it; its body is base64."""
    error_type = call.trailers.get(ERROR_TYPE)
    if error_type is None:
        return None
    try:
        body = base64.b64decode(call.trailers.get(ERROR_BODY, ""), validate=True)
    except binascii.Error:
        body = b""
    return describe_reported_error(body, error_type)
