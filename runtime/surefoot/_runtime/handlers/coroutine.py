"""Coroutine handlers, on one event loop that is kept from invocation to invocation.

Imported, and asyncio with it, when the first handler returns a coroutine. Tasks that a handler
leaves behind are suspended with it and go on during the next invocation.
"""

import asyncio
import warnings

from ..._process.ownership import is_owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
    from typing import Any


class _State:
    """The loop of this process, and the handlers' tasks on it."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.running: list[asyncio.Task[Any]] = []
        self.overdue: set[asyncio.Task[Any]] = set()


_state = _State()


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop: the one that the function made at import time, if it did, else a new one.

    Clients and pools that were made with that loop must meet it again.
    """
    loop = _state.loop
    if loop is None or loop.is_closed():
        loop = _existing() or asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        _state.loop = loop
    return loop


def _existing() -> "asyncio.AbstractEventLoop | None":
    with warnings.catch_warnings():
        # Asking for a loop that does not exist is deprecated, but asking is all we do.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            loop = asyncio.get_event_loop()
        except RuntimeError:
            return None
    return None if loop.is_closed() else loop


def run(coroutine: "Coroutine[Any, Any, Any]") -> "Any":
    """Run a coroutine to its end and return its result.

    :raises DeadlineExceeded: the deadline guard cancelled it
    :raises BaseException: whatever it raises
    """
    task = event_loop().create_task(_enter(coroutine))
    try:
        return _run_until(task, task)
    finally:
        _forget(task)


def _run_until(future: "asyncio.Future[Any]", task: "asyncio.Task[Any]") -> "Any":
    """Run the loop until the future is done, while the guard may cancel the task."""
    _state.running.append(task)
    try:
        return task.get_loop().run_until_complete(future)
    except asyncio.CancelledError as error:
        if task in _state.overdue:
            from ...errors import DeadlineExceeded

            raise DeadlineExceeded(*error.args) from error
        raise
    finally:
        _state.running.remove(task)


def _forget(task: "asyncio.Task[Any]") -> None:
    _state.overdue.discard(task)
    # Something has broken out of the loop, loop.stop() for example: what it began for this
    # invocation is not to go on in the next one.
    if not task.done():
        task.cancel()


def expire(message: str) -> bool:
    """Cancel the handler's task because its deadline is near; False when none is running.

    An exception thrown into the event loop by a signal handler would hit the loop's own code; a
    cancellation reaches the coroutine where it waits.
    """
    if not _state.running:
        return False
    task = _state.running[-1]
    _state.overdue.add(task)
    task.get_loop().call_soon_threadsafe(task.cancel, message)
    return True


def pending() -> list[str]:
    """Return the stacks of all unfinished tasks, one text each."""
    if _state.loop is None:
        return []
    return [stack_of(task) for task in asyncio.all_tasks(_state.loop)]


def stack_of(task: "asyncio.Task[Any]") -> str:
    """Return where an unfinished task waits, outermost call first, as text.

    Task.print_stack() shows the outermost coroutine alone; what it awaits is what one looks for.
    """
    lines = [f"{task.get_name()}:"]
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = _attribute(waiting, "cr_frame", "ag_frame", "gi_frame")
        if frame is None:
            break
        code = frame.f_code
        if code is Driver.drive.__code__:
            # An async generator does not show through the object that steps it.
            waiting = frame.f_locals["source"]
            continue
        if code is not _enter.__code__:
            lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}')
        waiting = _attribute(waiting, "cr_await", "ag_await", "gi_yieldfrom")
    return "\n".join(lines)


def _attribute(waiting: object, *names: str) -> "Any":
    return next((getattr(waiting, name) for name in names if hasattr(waiting, name)), None)


class Driver:
    """Runs an async generator from beginning to end in one task.

    So what belongs to a task holds from one value to the next: context variables, time-outs and
    cancel scopes around a yield. Between two values the task waits until the next one is asked for.
    All methods are for the loop's thread.
    """

    def __init__(
        self,
        source: "AsyncGenerator[Any, None]",
        wrap: "Callable[[Coroutine[Any, Any, Any]], Coroutine[Any, Any, Any]]",
    ) -> None:
        """Prepare to run the generator.

        :param wrap: what is to go on around it in its task
        """
        loop = event_loop()
        self._loop = loop
        self._closing = False
        self._values: list[Any] = []
        self._asked: asyncio.Future[None] = loop.create_future()
        self._given: asyncio.Future[None] = loop.create_future()
        self.task = loop.create_task(wrap(self.drive(source)))
        self.task.add_done_callback(lambda _: self._give())

    def ask(self) -> "asyncio.Future[None]":
        """Let the generator go on; the future is done when take() has something or the task ended.

        It never fails: what the generator raises is the task's.
        """
        self._given = self._loop.create_future()
        if self._values or self.task.done():
            self._give()
        else:
            self._go_on()
        return self._given

    def take(self) -> "Any":
        """Return the value that was asked for.

        :raises StopAsyncIteration: there is none, the task has ended
        """
        if self._values:
            return self._values.pop()
        raise StopAsyncIteration

    def close(self) -> None:
        """Have the generator closed where it stands, and its ``finally`` run, unless it ended."""
        self._closing = True
        self._go_on()

    def _go_on(self) -> None:
        if not self._asked.done():
            self._asked.set_result(None)

    def _give(self) -> None:
        if not self._given.done():
            self._given.set_result(None)

    async def drive(self, source: "AsyncGenerator[Any, None]") -> None:
        """Run the generator to its end: what the task does."""
        try:
            value = await source.__anext__()
            while not self._closing:
                # A child that the handler forked, at a yield: nothing takes its values.
                leave_child(None)
                try:
                    await self._hand_over(value)
                except BaseException as error:
                    # A time-out, or the deadline guard: meant for the code around the yield.
                    value = await source.athrow(error)
                else:
                    if not self._closing:
                        value = await source.__anext__()
        except StopAsyncIteration:
            return
        finally:
            await source.aclose()

    async def _hand_over(self, value: "Any") -> None:
        self._values.append(value)
        self._asked = self._loop.create_future()
        self._give()
        await self._asked


def iterate(source: "AsyncGenerator[Any, None]") -> "Iterator[Any]":
    """Yield what an async generator yields, running the loop only while a value is awaited."""
    driver = Driver(source, _enter)
    task = driver.task
    try:
        while True:
            _run_until(driver.ask(), task)
            try:
                value = driver.take()
            except StopAsyncIteration:
                break
            yield value
        # Out here: or the end of the values would be the context of what the generator raised.
        _run_until(task, task)
    finally:
        try:
            driver.close()
            if not task.done():
                _run_until(task, task)
        finally:
            _forget(task)


async def _enter(coroutine: "Coroutine[Any, Any, Any]") -> "Any":
    # A frame of ours next to the handler's first: the report cuts off what is before it.
    try:
        result = await coroutine
    except BaseException as error:
        leave_child(error)
        raise
    leave_child(None)
    return result


def leave_child(error: BaseException | None) -> None:
    """End this process if the coroutine that just ended has forked it; return in its parent."""
    if not is_owner():
        from ..._process.child_exit import end_child

        end_child(error)
