"""The function's own deadline: EC2 Auto Scaling waits 2 seconds, and it must end well before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from termination_policy.errors import DeadlinePassed

MAX_SECONDS = 1.5  # of an invocation
RESERVE_S = 0.5  # before Lambda's own timeout, for the answer


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
        """Raise DeadlinePassed once the time is over."""
        if self._clock() >= self._end:
            raise DeadlinePassed(
                f"the deadline of {self._seconds:.1f} s has passed",
                "use the strategy cached for what takes longer",
            )


def within(deadline: Deadline, work: Callable[[], None]) -> None:
    """Run `work` on a thread and return when it is done, or raise DeadlinePassed at the deadline.

    A call that hangs cannot be ended: the thread is abandoned, and ends at the client's timeout.
    Raises what `work` raises.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # raised again in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=run, name="questions", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if thread.is_alive():
        deadline.check()
    if failures:
        raise failures[0]
