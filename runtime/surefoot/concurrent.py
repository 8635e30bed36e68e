"""Many invocations at once in one process, for coroutine handlers.

As many threads as there may be invocations wait for one each and marshal its event and answer; the
handlers all run on the event loop of the main thread. Imported with the setting only.
"""

import asyncio
import inspect
import signal
import threading
import time

from .context import LambdaContext
from .deadline import LARGEST_PART
from .errors import DeadlineExceeded, Fault, Terminated
from .handlers.adapt import KINDS
from .handlers.aio import close, event_loop, stack_of, step
from .invocation import real_deadline
from .late import report_error
from .logs import say
from .stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
    from typing import Any

    from .client import Client
    from .config import Config
    from .invocation import Invocation
    from .logs import Log
    from .marshal import Marshaller
    from .report import Report

NOT_ASYNC = "Runtime.HandlerNotAsync"


class ConcurrentLoop:
    """One coroutine handler, served to several clients at once.

    What is process-wide cannot tell invocations apart here: ``_X_AMZN_TRACE_ID`` is not set, and
    the deadline guard shows one task's stack instead of all threads'.
    """

    def __init__(
        self,
        clients: "Sequence[Client]",
        function: "Callable[[Any, LambdaContext], Any]",
        marshaller: "Marshaller",
        config: "Config",
        log: "Log",
    ) -> None:
        """Prepare to serve.

        :param clients: each waits for one invocation at a time
        :raises Fault: Runtime.HandlerNotAsync, the handler is no coroutine function
        """
        if not _is_async(function):
            raise Fault(
                NOT_ASYNC,
                f"SUREFOOT_ASYNC_CONCURRENCY is set, but the handler '{config.handler}' is no "
                "coroutine function; write it with async def, or unset the variable to have each "
                "invocation served by a process of its own.",
            )
        self.clients = clients
        self.function = function
        self.marshaller = marshaller
        self.config = config
        self.log = log
        self._loop = event_loop()
        self._end: BaseException | None = None
        self._busy = 0
        self._lock = threading.Lock()
        log.per_task()

    def run(self) -> None:
        """Serve until the sandbox ends, or SIGTERM; then invocations under way are finished first.

        :raises RuntimeStop: why it ended
        """
        self._loop.add_signal_handler(signal.SIGTERM, self._finish, Terminated("terminated."))
        for client in self.clients:
            threading.Thread(target=self._poll, args=[client], daemon=True).start()
        self._loop.run_forever()
        if self._end is not None:
            raise self._end

    def _poll(self, client: "Client") -> None:
        try:
            while self._end is None:
                invocation = client.next()
                invocation.deadline_ms = real_deadline(invocation.deadline_ms, time.time() * 1000)
                self._count(1)
                try:
                    self._serve(client, invocation)
                finally:
                    self._count(-1)
        except BaseException as error:
            self._loop.call_soon_threadsafe(self._finish, error)

    def _count(self, change: int) -> None:
        with self._lock:
            self._busy += change
            if self._end is not None and not self._busy:
                self._loop.call_soon_threadsafe(self._loop.stop)

    def _finish(self, reason: BaseException) -> None:
        with self._lock:
            if self._end is None:
                self._end = reason
            if not self._busy:
                self._loop.stop()

    def _serve(self, client: "Client", invocation: "Invocation") -> None:
        def told(error: BaseException) -> "Report":
            return report_error(self.log, error, invocation.request_id)

        try:
            answer = self._handle(client, invocation)
        except BaseException as error:
            client.fail(invocation, told(error))
            return
        if isinstance(answer, Stream):
            client.stream(invocation, answer, told)
        else:
            client.respond(invocation, *answer)

    def _handle(self, client: "Client", invocation: "Invocation") -> "tuple[bytes, str] | Stream":
        json = client.marshaller
        context = LambdaContext(invocation, self.config, json.loads, self.log.write)
        event = self.marshaller.load(invocation.body, invocation.content_type)
        result = self.function(event, context)
        if inspect.isasyncgen(result):
            return Stream(self._iterate(invocation, result), json)
        if inspect.iscoroutine(result):
            result = self._await(invocation, result)
        settle = KINDS.get(type(result))
        if settle is not None:
            result = settle(result, json)
        return result if isinstance(result, Stream) else self.marshaller.dump(result)

    def _iterate(
        self, invocation: "Invocation", source: "AsyncGenerator[Any, Any]"
    ) -> "Iterator[Any]":
        try:
            while True:
                try:
                    value = self._await(invocation, step(source))
                except StopAsyncIteration:
                    return
                yield value
        finally:
            asyncio.run_coroutine_threadsafe(close(source), self._loop).result()

    def _await(self, invocation: "Invocation", coroutine: "Coroutine[Any, Any, Any]") -> "Any":
        """Run a coroutine on the loop, from a polling thread; return or raise what it does."""
        outcome = asyncio.run_coroutine_threadsafe(
            self._outcome(invocation, coroutine), self._loop
        ).result()
        if isinstance(outcome, _Raised):
            raise outcome.error
        return outcome

    async def _outcome(
        self, invocation: "Invocation", coroutine: "Coroutine[Any, Any, Any]"
    ) -> "Any | _Raised":
        # Nothing may escape: SystemExit would end the loop, and with it everybody's invocations.
        self.log.enter(invocation.request_id, invocation.tenant_id)
        watch = _Watch(invocation, self.config)
        try:
            return await coroutine
        except asyncio.CancelledError as error:
            return _Raised(watch.expired or error)
        except BaseException as error:
            return _Raised(error)
        finally:
            watch.end()


class _Raised:
    """An exception on its way from the loop to the polling thread."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Watch:
    """The deadline guard of one task: a timer on the loop, as there is one signal for all."""

    def __init__(self, invocation: "Invocation", config: "Config") -> None:
        self.expired: DeadlineExceeded | None = None
        self._request_id = invocation.request_id
        self._raises = config.deadline_raises
        self._task = asyncio.current_task()
        left = invocation.deadline_ms - time.time() * 1000
        margin = min(config.deadline_margin_ms, left / LARGEST_PART)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later((left - margin) / 1000, self._act) if margin > 0 else None

    def end(self) -> None:
        """The handler is done."""
        if self._timer is not None:
            self._timer.cancel()

    def _act(self) -> None:
        message = f"request {self._request_id} is about to time out"
        if self._task is None:
            return
        say(f"{message}; its task waits here: {stack_of(self._task)}")
        if self._raises:
            self.expired = DeadlineExceeded(message)
            self._task.cancel()


def _is_async(function: "Callable[[Any, LambdaContext], Any]") -> bool:
    called = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)
