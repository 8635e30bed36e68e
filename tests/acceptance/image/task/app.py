"""Handlers of the acceptance tests: what they do depends on their event alone."""

from __future__ import annotations

import errno
import logging
import os
import pwd
import resource
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import surefoot

calls = 0
ticks = [0]
started_ns = time.time_ns()


def echo(event: Any, context: Any) -> Any:
    return event


def describe(event: Any, context: Any) -> Any:
    """What Lambda says about the function, the invocation and the process."""
    global calls  # noqa: PLW0603
    calls += 1
    client = context.client_context
    return {
        "calls": calls,
        "started_ns": started_ns,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "version": context.function_version,
        "memory": context.memory_limit_in_mb,
        "log_group": context.log_group_name,
        "log_stream": context.log_stream_name,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "custom": client.custom if client else None,
        "environment": client.env if client else None,
        "app_title": client.client.app_title if client and client.client else None,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
        "variables": {name: os.environ.get(name) for name in event.get("variables", [])},
        "cwd": str(Path.cwd()),
        "argv_handler": os.environ.get("_HANDLER"),
    }


def fail(event: Any, context: Any) -> Any:
    """End as the event says; else count the calls of this process."""
    global calls  # noqa: PLW0603
    calls += 1
    how = event.get("how")
    if how == "raise":
        raise LookupError("no such order: 42")
    if how == "raise from":
        try:
            raise OSError("the disk is full")
        except OSError as error:
            raise RuntimeError("cannot save") from error
    if how == "exit":
        os._exit(event["status"])
    if how == "sys.exit":
        sys.exit(1)
    if how == "hang":
        time.sleep(600)
    if how == "unserialisable":
        return {"at": datetime.now()}
    if how == "bytes":
        return b"\x00\x01\xfe\xff"
    if how == "size":
        return "x" * (event["bytes"] - 2)
    return {"calls": calls, "started_ns": started_ns}


def log(event: Any, context: Any) -> None:
    print("printed")
    logging.getLogger("orders").warning("logged %s", "once")
    print("to stderr", file=sys.stderr)
    print("without an end", end="")
    if event.get("lines"):
        for number in range(event["lines"]):
            print(f"line {number} {'x' * 80}")


def files(event: Any, context: Any) -> Any:
    """Write to /tmp, read it, and try to write elsewhere."""
    path = Path("/tmp") / event["name"]
    if "content" in event:
        path.write_text(event["content"])
    found = path.read_text() if path.exists() else None
    if event.get("remove"):
        path.unlink(missing_ok=True)
    if event.get("die"):
        os._exit(1)
    return {"content": found, "started_ns": started_ns}


def tick(event: Any, context: Any) -> Any:
    """A thread counts milliseconds from the first call on; its count, and the clock."""

    def count() -> None:
        while True:
            time.sleep(0.001)
            ticks[0] += 1

    if event.get("start"):
        threading.Thread(target=count, daemon=True).start()
    before = ticks[0]
    return {"ticks": before, "monotonic_ns": time.monotonic_ns()}


def meet(event: Any, context: Any) -> Any:
    """Sleep so long that invocations overlap."""
    time.sleep(event["seconds"])
    return {"started_ns": started_ns}


def stream(event: Any, context: Any) -> Iterator[bytes]:
    for number in range(event.get("chunks", 3)):
        yield f"chunk {number}\n".encode()
        if event.get("fail_after") == number:
            raise ValueError("broke off")


def url(event: Any, context: Any) -> Any:
    """A function behind a URL: it describes the request, or answers as the path says."""
    path = event["rawPath"]
    if path == "/teapot":
        return {"statusCode": 418, "headers": {"X-Kind": "tea"}, "body": "short and stout"}
    if path == "/cookies":
        return {"statusCode": 200, "cookies": ["a=1; Path=/", "b=2"], "body": "ok"}
    if path == "/binary":
        return {
            "statusCode": 200,
            "headers": {"Content-Type": "image/gif"},
            "isBase64Encoded": True,
            "body": "R0lGODlhAQABAAAAACw=",
        }
    if path == "/text":
        return "just text"
    if path == "/error":
        raise ValueError("behind the URL")
    return event


def stream_page(event: Any, context: Any) -> Iterator[bytes | surefoot.HttpPrelude]:
    """A streamed answer behind a URL: status and headers come first."""
    yield surefoot.HttpPrelude(201, {"Content-Type": "text/plain", "X-Kind": "stream"})
    for number in range(3):
        yield f"part {number}\n".encode()


def sandbox(event: Any, context: Any) -> Any:
    """Who runs the function, where, and what is closed to it."""
    tmp = os.statvfs("/tmp")
    script = Path("/tmp/script")
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(0o700)
    return {
        "user": [os.getuid(), os.getgid(), pwd.getpwuid(os.getuid()).pw_name],
        "cwd": str(Path.cwd()),
        "variables": {name: os.environ.get(name) for name in event["variables"]},
        "refused": {folder: _try_to_write(folder) for folder in event["folders"]},
        "has_shm": Path("/dev/shm").exists(),
        "tmp_mode": stat.S_IMODE(Path("/tmp").stat().st_mode),
        "tmp_mb": tmp.f_blocks * tmp.f_frsize // 1024**2,
        "script": subprocess.run([script], capture_output=True, text=True, check=False).stdout,
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    }


def _try_to_write(folder: str) -> str | None:
    try:
        (Path(folder) / "file").write_text("")
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return None
