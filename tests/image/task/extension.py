"""An internal extension: only a runtime with one gets SIGTERM before it is killed."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import sys
import threading
from typing import Any

EXTENSION = "/2020-01-01/extension"


def register() -> None:
    """Register, then wait for events in a thread: until it waits, the function is not ready."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    headers = {"Lambda-Extension-Name": "goodbye"}
    connection.request("POST", f"{EXTENSION}/register", b'{"events":[]}', headers)
    response = connection.getresponse()
    response.read()
    identity = {"Lambda-Extension-Identifier": response.headers["Lambda-Extension-Identifier"]}
    threading.Thread(target=wait, args=(connection, identity), daemon=True).start()


def wait(connection: http.client.HTTPConnection, identity: dict[str, str]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):  # the emulator ended
        connection.request("GET", f"{EXTENSION}/event/next", headers=identity)
        connection.getresponse().read()


def on_terminate(number: int, frame: Any) -> None:
    print("goodbye from the SIGTERM handler", flush=True)
    sys.exit(0)


register()
signal.signal(signal.SIGTERM, on_terminate)


def handler(event: Any, context: Any) -> str:
    return "registered"
