"""Handlers that end in every way an invocation can end."""

from __future__ import annotations

import os
import sys
import time
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
