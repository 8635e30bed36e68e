"""Many invocations at once in one process, for coroutine handlers.

As many threads as there may be invocations wait for one each and marshal its event and answer; the
handlers all run on the event loop of the main thread. Imported with the setting only.
"""

import asyncio
import inspect
import os
import signal
import threading
import time

from ..._process.operator_log import log_to_operator
from ..._process.ownership import is_owner
from ..._runtime_api.client import FIRST_DELAY, LAST_DELAY, MAX_ATTEMPTS
from ..._runtime_api.invocation import correct_rie_deadline
from ..._runtime_api.streaming import Stream
from ...errors import ContainerError, DeadlineExceeded, FatalError, Fault, Terminated
from .. import loop as loop_module
from ..context import LambdaContext
from ..deadline import MAX_MARGIN_FRACTION
from ..handlers.coroutine import Driver, event_loop, leave_child, stack_of
from ..handlers.results import settle
from ..late import report_error
from .places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
    from typing import Any

    from ..._payload.marshaller import Marshaller
    from ..._runtime_api.client import Client
    from ..._runtime_api.error_report import Report
    from ..._runtime_api.invocation import Invocation
    from ..config import Config
    from ..logs import Log

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
        self._places = Places(len(clients))
        self._is_over = False
        log.use_task_context()

    def run(self) -> None:
        """Serve until the sandbox ends, or SIGTERM; then invocations under way are finished first.

        From the first moment of the end no place asks for another invocation.

        :raises FatalError: why it ended
        :raises KeyboardInterrupt: SIGINT ended it
        :raises SystemExit: in a child that a handler forked, when the child is at its end
        """
        self._end_at(signal.SIGTERM, signal.SIG_DFL, Terminated("terminated."))
        self._end_at(signal.SIGINT, signal.default_int_handler, KeyboardInterrupt())
        for place, client in enumerate(self.clients):
            threading.Thread(target=self._poll, args=[place, client], daemon=True).start()
        stop = self._loop.stop
        # On the object alone, and only while it serves.
        self._loop.stop = _refuse_to_stop  # type: ignore[method-assign]
        try:
            self._run_loop()
        finally:
            self._loop.stop = stop  # type: ignore[method-assign]
        raise self._places.reason

    def _run_loop(self) -> None:
        while not self._is_over:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                if not is_owner():
                    raise
                # Of a task that a handler started; what awaits the task has the exception, too.
                log_to_operator(
                    f"a task raised {error!r}, which ends no process here; the others go on."
                )

    def _end_at(
        self, number: signal.Signals, default: "signal._HANDLER", reason: BaseException
    ) -> None:
        if signal.getsignal(number) != default:
            return
        self._loop.add_signal_handler(number, self._places.end, reason)
        _keep_from_children(number, default)

    def _poll(self, place: int, client: "Client") -> None:
        """Serve one invocation after another: the life of a polling thread."""
        reason: BaseException
        try:
            self._places.attach(place, client)
            while True:
                invocation = self._next(place, client)
                try:
                    self._serve(client, invocation)
                except FatalError as stop:
                    log_to_operator(f"{stop} Place {place + 1} goes on.")
                except Exception as error:
                    name = invocation.request_id
                    log_to_operator(
                        f"request {name} is not answered: {error!r}. Place {place + 1} goes on."
                    )
        except BaseException as error:
            reason = error
        if self._places.leave(place, reason):
            self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._is_over = True
        type(self._loop).stop(self._loop)

    def _next(self, place: int, client: "Client") -> "Invocation":
        """Wait for the next invocation; ask again for a while when the Runtime API has none.

        :raises FatalError: as Client.next(), after five attempts. After a container error the
            attempts go on as long as other places are served: then it is about this one only
        :raises Ended: the end has begun
        """
        self._places.is_idle(place)
        attempts, delay = 1, FIRST_DELAY
        while True:
            try:
                invocation = self._places.ask(place, client)
            except FatalError as stop:
                others = isinstance(stop, ContainerError) and self._places.any_other_served(place)
                if attempts >= MAX_ATTEMPTS and not others:
                    raise
                if attempts == 1:
                    log_to_operator(f"{stop} Place {place + 1} asks again.")
            else:
                invocation.deadline_ms = correct_rie_deadline(
                    invocation.deadline_ms, time.time() * 1000
                )
                return invocation
            self._places.pause(delay)
            delay = min(delay * 2, LAST_DELAY)
            attempts += 1

    def _serve(self, client: "Client", invocation: "Invocation") -> None:
        def make_report(error: BaseException) -> "Report":
            return report_error(self.log, error, invocation.request_id)

        if loop_module.around is not None:
            # What goes on around the handler logs from this thread.
            self.log.set_invocation(invocation.request_id, invocation.tenant_id)
            loop_module.around.Exchange(
                self,
                client,
                invocation,
                lambda event, context: self._call(client, invocation, event, context),
            ).serve()
            return
        try:
            answer = self._handle(client, invocation)
        except BaseException as error:
            client.fail(invocation, make_report(error))
            return
        if isinstance(answer, Stream):
            client.stream(invocation, answer, make_report)
        else:
            client.respond(invocation, *answer)

    def _handle(self, client: "Client", invocation: "Invocation") -> "tuple[bytes, str] | Stream":
        context = LambdaContext(invocation, self.config, client.marshaller.loads, self.log.write)
        event = self.marshaller.load(invocation.body, invocation.content_type)
        result = self._call(client, invocation, event, context)
        return result if isinstance(result, Stream) else self.marshaller.dump(result)

    def _call(
        self, client: "Client", invocation: "Invocation", event: "Any", context: LambdaContext
    ) -> "Any | Stream":
        """Call the handler and have its coroutine run; return its result, or the begun stream."""
        json = client.marshaller
        result = self.function(event, context)
        while inspect.iscoroutine(result):
            result = self._await(invocation, result)
        if inspect.isasyncgen(result):
            return Stream(self._iterate(invocation, result), json)
        return settle(result, json)

    def _iterate(
        self, invocation: "Invocation", source: "AsyncGenerator[Any, Any]"
    ) -> "Iterator[Any]":
        driver: Driver = self._on_loop(
            _call(Driver, source, lambda work: self._outcome(invocation, work))
        )
        try:
            while True:
                self._on_loop(_ask(driver))
                try:
                    value = driver.take()
                except StopAsyncIteration:
                    return
                yield value
        finally:
            self._on_loop(_close(driver))
            _result(driver.task.result())

    def _await(self, invocation: "Invocation", coroutine: "Coroutine[Any, Any, Any]") -> "Any":
        """Run a coroutine on the loop, from a polling thread; return or raise what it does."""
        return _result(self._on_loop(self._outcome(invocation, coroutine)))

    def _on_loop(self, coroutine: "Coroutine[Any, Any, Any]") -> "Any":
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _outcome(
        self, invocation: "Invocation", coroutine: "Coroutine[Any, Any, Any]"
    ) -> "Any | _Failure":
        # Nothing may escape: SystemExit would end the loop, and with it everybody's invocations.
        self.log.set_invocation(invocation.request_id, invocation.tenant_id)
        watch = _TaskDeadline(invocation, self.config)
        outcome: Any
        try:
            outcome = await coroutine
        except asyncio.CancelledError as error:
            outcome = _Failure(watch.expired or error)
        except BaseException as error:
            outcome = _Failure(error)
        finally:
            watch.end()
        # A child that the handler forked has the loop, but neither places nor anything to answer.
        leave_child(outcome.error if isinstance(outcome, _Failure) else None)
        return outcome


def _keep_from_children(number: signal.Signals, default: "signal._HANDLER") -> None:
    """Give a signal its default handler in each child that a handler forks.

    A child shares the pipe by which the loop hears of signals: one for the child would end the
    parent. The signal is blocked meanwhile, because the parent may send it right after the fork.
    """
    masks: list[set[int]] = []

    def block() -> None:
        masks.append(set(signal.pthread_sigmask(signal.SIG_BLOCK, [number])))

    def unblock() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.pop())

    def give_back() -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(number, default)
        unblock()

    os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=give_back)


async def _call(function: "Callable[..., Any]", *arguments: "Any") -> "Any":
    return function(*arguments)


async def _ask(driver: Driver) -> None:
    await driver.ask()


async def _close(driver: Driver) -> None:
    driver.close()
    await asyncio.wait([driver.task])


def _refuse_to_stop() -> None:
    raise RuntimeError(
        "the event loop serves other invocations, too, and does not stop for one of them; return "
        "from the handler instead."
    )


def _result(outcome: "Any | _Failure") -> "Any":
    if isinstance(outcome, _Failure):
        raise outcome.error
    return outcome


class _Failure:
    """An exception on its way from the loop to the polling thread."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _TaskDeadline:
    """The deadline guard of one task: a timer on the loop, as there is one signal for all."""

    def __init__(self, invocation: "Invocation", config: "Config") -> None:
        self.expired: DeadlineExceeded | None = None
        self._request_id = invocation.request_id
        self._raises = config.deadline_raises
        self._task = asyncio.current_task()
        left = invocation.deadline_ms - time.time() * 1000
        margin = min(config.deadline_margin_ms, left * MAX_MARGIN_FRACTION)
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
        log_to_operator(f"{message}; its task waits here: {stack_of(self._task)}")
        if self._raises:
            self.expired = DeadlineExceeded(message)
            self._task.cancel()


def _is_async(function: "Callable[[Any, LambdaContext], Any]") -> bool:
    called = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)
