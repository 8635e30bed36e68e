"""Handlers that end in every way an invocation can end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def echo(event: Any, context: Any) -> Any:
    print("a line of the log")
    return event


def environment(event: Any, context: Any) -> dict[str, Any]:
    return {"variables": dict(os.environ), "cwd": str(Path.cwd())}


def raises(event: Any, context: Any) -> None:
    raise ValueError("bad event")


def looks_like_an_error(event: Any, context: Any) -> dict[str, Any]:
    return {"errorType": "Ticket", "errorMessage": "not ours", "requestId": "T-1"}


def answers_too_much(event: Any, context: Any) -> str:
    return "x" * 6_291_555  # and two quotes


def exits(event: Any, context: Any) -> None:
    sys.exit(4)


def dies(event: Any, context: Any) -> None:
    os._exit(3)


def never_ends(event: Any, context: Any) -> None:
    """Tell the test its process id through the FIFO named in the event, then run on."""
    if event:
        Path(event["pid_to"]).write_text(str(os.getpid()))
    while True:
        time.sleep(60)


def waits(event: Any, context: Any) -> str:
    """Say through one FIFO that we run, and end when the test writes to the other."""
    if event:
        Path(event["running"]).write_text("yes")
        return Path(event["go_on"]).read_text()
    return "did not wait"


def binary(event: Any, context: Any) -> bytes:
    return b"\x00\xff"


def stream(event: object, context: object) -> Iterator[str]:
    """Yield three pieces; raise before the first or after it, if the event says so."""
    if event == "early":
        raise ValueError("before the first byte")
    yield "one "
    if event == "late":
        raise ValueError("after it")
    yield "two "
    yield "three"


async def coroutine(event: object, context: object) -> object:
    """Answer from a coroutine."""
    await asyncio.sleep(0)
    return {"event": event, "task": asyncio.current_task() is not None}


class Worker:
    """A handler that is a method."""

    def method(self, event: object, context: object) -> str:  # noqa: ARG002
        """Answer from an instance."""
        return type(self).__name__
