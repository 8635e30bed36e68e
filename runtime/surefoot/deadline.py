"""The deadline guard: shortly before Lambda kills an invocation, show where it hangs.

A timer signal, not a thread: setting it is one system call. faulthandler's C code writes the stacks
of all threads from inside the signal handler, so that they show even while the main thread is in a
C call and no Python code can run.
"""

# Not from signal, which would import enum.
from _signal import (  # type: ignore[import-not-found]
    ITIMER_REAL,
    SIG_DFL,
    SIGALRM,
    getsignal,
    setitimer,
    signal,
)
from time import time

from .errors import DeadlineExceeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

# The guard never takes more than this part of an invocation's time.
LARGEST_PART = 10


class Guard:
    """Watches over one invocation at a time, in the main thread.

    A function that handles SIGALRM itself keeps it: then the guard stands down.
    """

    def __init__(self, margin_ms: float, raises: bool, say: "Callable[[str], None]") -> None:
        """Set the guard up.

        :param margin_ms: how long before the deadline it acts, in milliseconds; never more than a
            tenth of the time there is
        :param raises: also raise DeadlineExceeded in the handler
        :param say: tells the operator
        """
        self.margin_ms = margin_ms
        self.raises = raises
        self.say = say
        self._request_id = ""
        self._installed = False
        self._armed = False
        # One object for good, so that identity tells whether the signal is still ours.
        self._handler = self._act

    def arm(self, request_id: str, deadline_ms: int) -> None:
        """Watch over an invocation that ends at ``deadline_ms`` (since the epoch; 0: unknown)."""
        left = deadline_ms - time() * 1000
        margin = self.margin_ms
        if margin * LARGEST_PART > left:
            margin = left / LARGEST_PART
        if margin <= 0 or not (self._installed or self._install()):
            return
        if getsignal(SIGALRM) is self._handler:
            self._request_id = request_id
            setitimer(ITIMER_REAL, (left - margin) / 1000)
            self._armed = True

    def disarm(self) -> None:
        """The handler is done."""
        if self._armed:
            self._armed = False
            if getsignal(SIGALRM) is self._handler:
                setitimer(ITIMER_REAL, 0)

    def _install(self) -> bool:
        if getsignal(SIGALRM) is not SIG_DFL:
            return False
        import faulthandler

        signal(SIGALRM, self._handler)
        # By number: sys.stderr may have been replaced by something without a descriptor.
        faulthandler.register(SIGALRM, file=2, all_threads=True, chain=True)
        self._installed = True
        return True

    def _act(self, _: int, __: "FrameType | None") -> None:
        """Say which invocation is about to time out, show its tasks, and stop it if asked to."""
        import sys

        message = f"request {self._request_id} is about to time out"
        self.say(f"{message}; the stacks above show where every thread was (innermost call first).")
        aio = sys.modules.get(f"{__package__}.handlers.aio")
        stacks = aio.pending() if aio is not None else []
        for stack in stacks:
            self.say(f"unfinished asyncio task: {stack}")
        if not self.raises:
            return
        if aio is None or not aio.expire(message):
            raise DeadlineExceeded(message)
