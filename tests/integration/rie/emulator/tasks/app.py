"""Handlers that end, wait, print and die in every way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

calls = 0


def echo(event: Any, context: Any) -> Any:
    return event


def describe(event: Any, context: Any) -> Any:
    """Everything that Lambda says about an invocation."""
    global calls  # noqa: PLW0603
    calls += 1
    client = context.client_context
    return {
        "event": event,
        "calls": calls,
        "pid": os.getpid(),
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "version": context.function_version,
        "memory": context.memory_limit_in_mb,
        "remaining": context.get_remaining_time_in_millis(),
        "log_stream": context.log_stream_name,
        "custom": None if client is None else client.custom,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
        "variables": dict(os.environ),
        "cwd": str(Path.cwd()),
    }


def misbehave(event: Any, context: Any) -> Any:
    """End as the event says."""
    global calls  # noqa: PLW0603
    calls += 1
    match event:
        case "raise":
            raise ValueError("bad event")
        case "exit":
            os._exit(0)
        case "exit 3":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            print("hanging")
            while True:
                time.sleep(60)
        case "too large":
            return "x" * 6_291_555  # and two quotes
        case "largest":
            return "x" * 6_291_554
        case "grow":
            block = bytearray()
            while True:
                block += b"x" * (16 << 20)
    return calls


def keep(event: Any, context: Any) -> Any:
    """Write a file in /tmp, or read it; end without an answer if the event says so."""
    path = Path(event["path"])
    if event.get("write"):
        path.write_text("kept")
    if event.get("die"):
        os._exit(1)
    return path.read_text() if path.exists() else None


def prints(event: Any, context: Any) -> None:
    print("with a line end")
    print("on stderr", file=sys.stderr)
    print("and without", end="", flush=True)


def starts_a_child(event: Any, context: Any) -> Any:
    """A child in a session of its own, and a thread, which go on after the answer."""
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return {"pid": os.getpid(), "child": child.pid}


def meets(event: Any, context: Any) -> Any:
    """Return once so many invocations run at once: each leaves a file in a folder."""
    folder = Path(event["folder"])
    (folder / context.aws_request_id).touch()
    while len(list(folder.iterdir())) < event["count"]:
        time.sleep(0.01)
    return os.getpid()


def waits(event: Any, context: Any) -> Any:
    """Say through one FIFO that it runs, and end when the test writes to the other."""
    if not event:
        return "did not wait"
    Path(event["running"]).write_text(str(os.getpid()))
    return Path(event["go_on"]).read_text()


def stream(event: Any, context: Any) -> Iterator[str]:
    """Yield pieces; raise before the first or after it, or wait on a FIFO, if the event says so."""
    if event == "early":
        raise ValueError("before the first byte")
    yield "one "
    if event == "late":
        raise ValueError("after it")
    if isinstance(event, dict):
        Path(event["go_on"]).read_text()
    yield "two "
    yield "three"
