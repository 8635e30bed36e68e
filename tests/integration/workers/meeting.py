"""A place where handlers wait, so that a test can see how many run at the same time."""

from __future__ import annotations

import contextlib
import json
import socket

from tests.support.gate import DEADLINE
from tests.support.invocation import Invocation

# A handler's side: `meet(event)` returns what the test said, empty when it hung up.
SOURCE = """
import os, signal, socket
def meet(event):
    with socket.create_connection(tuple(event["meet"])) as place:
        place.sendall(str(os.getpid()).encode() + b"\\n")
        return place.recv(1)
"""


class Meeting:
    """The test's side; a context manager."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(DEADLINE)
        self._guests: list[socket.socket] = []

    def __enter__(self) -> Meeting:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._listener.close()

    def invocation(self) -> Invocation:
        """An invocation whose handler comes here."""
        return Invocation(json.dumps({"meet": self._listener.getsockname()}).encode())

    def wait_for(self, count: int) -> list[int]:
        """The process ids of the next `count` handlers; they all wait here at the same time."""
        pids = []
        for _ in range(count):
            guest, _ = self._listener.accept()
            guest.settimeout(DEADLINE)
            self._guests.append(guest)
            pids.append(int(guest.makefile("rb").readline()))
        return pids

    def release(self) -> None:
        """Let all of them go on."""
        while self._guests:
            guest = self._guests.pop()
            with contextlib.suppress(OSError):
                guest.sendall(b".")
            guest.close()
