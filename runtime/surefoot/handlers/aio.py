"""Coroutine handlers, on one event loop that is kept from invocation to invocation.

Imported, and asyncio with it, when the first handler returns a coroutine. Tasks that a handler
leaves behind are suspended with it and go on during the next invocation.
"""

import asyncio
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Iterator
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
        # Asking for a loop that nobody made is deprecated, but asking is all we do.
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
    loop = event_loop()
    task = loop.create_task(_enter(coroutine))
    _state.running.append(task)
    try:
        return loop.run_until_complete(task)
    except asyncio.CancelledError as error:
        if task in _state.overdue:
            from ..errors import DeadlineExceeded

            raise DeadlineExceeded(*error.args) from error
        raise
    finally:
        _state.running.remove(task)
        _state.overdue.discard(task)


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
        if code is step.__code__:
            # An async generator does not show through the object that steps it.
            waiting = frame.f_locals["source"]
            continue
        if code is not _enter.__code__:
            lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}')
        waiting = _attribute(waiting, "cr_await", "ag_await", "gi_yieldfrom")
    return "\n".join(lines)


def _attribute(waiting: object, *names: str) -> "Any":
    return next((getattr(waiting, name) for name in names if hasattr(waiting, name)), None)


def iterate(source: "AsyncGenerator[Any, None]") -> "Iterator[Any]":
    """Yield what an async generator yields, running the loop only while a value is awaited."""
    try:
        while True:
            try:
                value = run(step(source))
            except StopAsyncIteration:
                return
            yield value
    finally:
        run(close(source))


async def _enter(coroutine: "Coroutine[Any, Any, Any]") -> "Any":
    # A frame of ours next to the handler's first: the report cuts off what is before it.
    return await coroutine


async def step(source: "AsyncGenerator[Any, None]") -> "Any":
    return await source.__anext__()


async def close(source: "AsyncGenerator[Any, None]") -> None:
    await source.aclose()
