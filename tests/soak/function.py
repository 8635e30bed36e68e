"""The function under test: `handler` for one invocation at a time, `concurrent` for many.

This file is copied into the task directory. Every answer names the invocation, a checksum of its
text and the process that was asked, so that an answer to another invocation, a damaged one and one
from a child process differ from the right one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from typing import Any

# Bounds a hang; no child needs nearly as long.
CHILD_SECONDS = 20.0
_PAUSE_SECONDS = 0.002


# The first spawned process starts it, and it stays: its pipe is no leak.
resource_tracker.ensure_running()


def handler(event: Any, context: Any) -> Any:
    """Do what `do` says and answer."""
    return _KINDS[event["do"]](event)


async def concurrent(event: Any, context: Any) -> Any:
    """The same with other invocations between the two halves."""
    await asyncio.sleep(0)
    try:
        return handler(event, context)
    finally:
        await asyncio.sleep(0)


def answer(event: Any, **more: Any) -> dict[str, Any]:
    """What the caller must get."""
    # Under workers it is the supervisor that was started.
    owner = os.getppid() if os.environ.get("SOAK_WORKERS") else os.getpid()
    return {"n": event["n"], "sum": zlib.crc32(event["text"].encode()), "owner": owner, **more}


def _fail(event: Any) -> Any:
    try:
        event["missing"]
    except KeyError as error:
        raise ValueError(f"fails: {event['n']}") from error


def _pieces(event: Any) -> Iterator[str]:
    found = answer(event)
    yield f"{found['n']} "
    yield event["text"]
    yield f" {found['sum']} {found['owner']}"


def _broken_pieces(event: Any) -> Iterator[str]:
    yield f"{event['n']} "
    raise ValueError(f"fails: {event['n']}")


def _forked(ending: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Fork: the child leaves the handler by `ending`, the parent waits for it and answers."""

    def kind(event: Any) -> Any:
        sys.stdout.flush()  # or the child prints it again
        child = os.fork()
        if not child:
            return ending(event)
        return answer(event, ended=_ended(child))

    return kind


def _ended(child: int) -> bool:
    """Whether the child ends by itself; it is killed when it does not."""
    limit = time.monotonic() + CHILD_SECONDS
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > limit:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def _raise(event: Any) -> Any:
    raise RuntimeError("in a child")


def _program(event: Any) -> Any:
    ran = subprocess.run(["cat"], input=event["text"], capture_output=True, text=True, check=True)
    return answer({**event, "text": ran.stdout})


def _double(number: int, results: Any) -> None:
    results.put(number * 2)


def _spawned(event: Any) -> Any:
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    child = context.Process(target=_double, args=(event["n"], results))
    child.start()
    try:
        doubled = results.get(timeout=CHILD_SECONDS)
    except Exception:
        doubled = None
    child.join(CHILD_SECONDS if doubled is not None else 0)
    if child.is_alive():
        child.kill()
        child.join()
    child.close()
    results.close()
    results.join_thread()
    return answer(event, doubled=doubled)


def _oversleep(event: Any) -> Any:
    """Work until the deadline guard stops it. The bound ends a run in which it does not."""
    limit = time.monotonic() + CHILD_SECONDS
    while time.monotonic() < limit:
        time.sleep(_PAUSE_SECONDS)
    return answer(event, stopped=False)


def _die(event: Any) -> Any:
    if event["n"] % 2:
        os._exit(event["n"] % 4)
    os.kill(os.getpid(), signal.SIGKILL)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "echo": answer,
    "large": lambda event: answer(event, text=event["text"]),
    "fail": _fail,
    "stream": _pieces,
    "broken stream": _broken_pieces,
    "child returns": _forked(answer),
    "child exits": _forked(lambda _: sys.exit(3)),
    "child raises": _forked(_raise),
    "child leaves": _forked(lambda _: os._exit(0)),
    "program": _program,
    "spawned": _spawned,
    "time-out": _oversleep,
    "death": _die,
}
