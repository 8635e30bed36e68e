"""The function's own deadline: EC2 Auto Scaling waits 2 seconds, so it must end well before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from termination_policy.errors import TooLate

LIMIT = 1.5  # seconds of an invocation
RESERVE = 0.5  # seconds before Lambda's own time-out, for the answer


class Deadline:
    """A point in time, some seconds from now."""

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        """Begin to count."""
        self._clock = clock
        self._seconds = seconds
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds, never below 0."""
        return max(self._end - self._clock(), 0.0)

    def check(self) -> None:
        """Raise TooLate once the time is over."""
        if self._clock() >= self._end:
            raise TooLate(f"the deadline of {self._seconds:.1f} s has passed")


def within(deadline: Deadline, work: Callable[[], None]) -> None:
    """Run `work` on a thread and return when it is done, or raise TooLate at the deadline.

    Nothing can end a call that hangs: the thread is left behind, and ends at the client's time-out.
    Raises what `work` raises.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # whatever it is, it is told to the caller
            failures.append(error)

    thread = threading.Thread(target=run, name="questions", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if thread.is_alive():
        deadline.check()
    if failures:
        raise failures[0]
