"""Steps that a test hands out one by one, so that nothing has to be timed."""

from __future__ import annotations

import threading

DEADLINE = 20.0
"""Seconds after which a wait is a failed test; long, for nothing waits so long when all is well."""


class Gate:
    """Counted permits: the server takes one before each step, the test gives them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._permits = 0
        self._open = False
        self._waiting = 0

    def allow(self, steps: int = 1) -> None:
        """Let `steps` more steps happen."""
        with self._changed:
            self._permits += steps
            self._changed.notify_all()

    def open(self) -> None:
        """Let every step happen from now on."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def take(self, deadline: float = DEADLINE) -> None:
        """Wait for a permit; TimeoutError after `deadline` seconds."""
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()
            allowed = self._changed.wait_for(lambda: self._open or self._permits, deadline)
            self._waiting -= 1
            if not allowed:
                raise TimeoutError("the test never opened the gate")
            if not self._open:
                self._permits -= 1

    def wait_until_reached(self, deadline: float = DEADLINE) -> None:
        """Wait until a thread stands before the closed gate; TimeoutError after `deadline`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting > 0, deadline):
                raise TimeoutError("no thread reached the gate")
