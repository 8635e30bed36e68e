"""A Lambda Runtime API that returns its calls one by one to the code that compares.

The server is the emulator's; what it answers is decided here, call by call. The emulator itself
hides what is compared (the headers of an answer, the runtime's exit code, the time of each call).
"""

from __future__ import annotations

import asyncio
import enum
import os
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from rie.compare.http_request import Request
from rie.emulator.http_server import Call as HttpCall
from rie.emulator.http_server import DisconnectedError, HttpServer, Reply
from rie.emulator.runtime_api import PREFIX


class NoCallReceived(enum.Enum):
    """Why no call came."""

    ENDED = "the runtime ended"
    TIME_OUT = "the time was over"


@dataclass(frozen=True)
class Call:
    """A request and when its last byte came, in monotonic nanoseconds."""

    request: Request
    received: int
    http_call: HttpCall
    answer: asyncio.Future[Reply]

    @property
    def path(self) -> str:
        """What follows the API's prefix, such as invocation/next; all of it without the prefix."""
        return self.request.target.removeprefix(PREFIX)


class RuntimeApi:
    """The listener on loopback, as a context manager; `address` is host:port.

    It serves one runtime after the other. Its event loop runs in the methods alone, so that nothing
    else of this process runs while a call is waited for.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._calls: deque[Call] = deque()
        self._changed = asyncio.Event()
        self._server = HttpServer(self._take)
        self._loop.run_until_complete(self._server.start())
        self.address = self._server.address

    def __enter__(self) -> RuntimeApi:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        self._server.stop()
        self._loop.run_until_complete(self._server.settle())
        self._loop.close()

    def next_call(self, pid: int, deadline: float) -> Call | NoCallReceived:
        """Wait for a call until the process ends or `deadline`, in monotonic seconds, is over.

        A call that a process made before it ended comes before the news of its end.
        """
        return self._loop.run_until_complete(self._next_call(pid, deadline))

    def reply(
        self, call: Call, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"{}"
    ) -> None:
        """Answer a call; the runtime may have ended meanwhile."""
        call.answer.set_result(Reply(status, body, dict(headers or {})))
        self._loop.run_until_complete(call.http_call.wait_for(call.http_call.sent))

    def drop(self) -> None:
        """Forget the runtime served so far: its connections and its unanswered calls."""
        self._server.disconnect()
        self._loop.run_until_complete(self._server.settle())
        self._calls.clear()

    async def _next_call(self, pid: int, deadline: float) -> Call | NoCallReceived:
        ended = os.pidfd_open(pid)
        self._loop.add_reader(ended, self._changed.set)
        try:
            while not self._calls:
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), deadline - time.monotonic())
                except asyncio.TimeoutError:
                    return NoCallReceived.TIME_OUT
                if not self._calls and _has_ended(pid):
                    await self._server.settle()
                    if not self._calls:
                        return NoCallReceived.ENDED
        finally:
            self._loop.remove_reader(ended)
            os.close(ended)
        return self._calls.popleft()

    async def _take(self, http_call: HttpCall) -> Reply:
        body = await http_call.read_body()
        request = Request(
            http_call.method, http_call.target, http_call.headers, body, http_call.trailers
        )
        call = Call(request, http_call.received_ns, http_call, self._loop.create_future())
        self._calls.append(call)
        self._changed.set()
        await http_call.wait_for(call.answer)
        if not call.answer.done():
            raise DisconnectedError
        return call.answer.result()


def _has_ended(pid: int) -> bool:
    """Whether a child of this process has ended; it is not reaped."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
