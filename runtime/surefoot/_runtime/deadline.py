"""The deadline guard: shortly before Lambda kills an invocation, show where it hangs.

A timer signal, not a thread: setting it is one system call. faulthandler's C code writes the stacks
of all threads from inside the signal handler, so that they show even while the main thread is in a
C call and no Python code can run. Where the function uses SIGALRM itself, faulthandler's watchdog
thread takes over, which needs no signal.
"""

import faulthandler
import sys

# Not from signal, which would import enum.
from _signal import (  # type: ignore[import-not-found]
    ITIMER_REAL,
    SIG_DFL,
    SIGALRM,
    getsignal,
    setitimer,
    signal,
)
from _thread import get_ident
from posix import getpid, kill
from time import time

from ..errors import DeadlineExceeded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

# The guard never takes more than this part of an invocation's time.
MAX_MARGIN_FRACTION = 0.1
# How long Lambda lets a function load, in seconds; and where it waits longer: with provisioned
# concurrency, SnapStart and Managed Instances. Source: AWS Lambda Developer Guide, "Understanding
# the Lambda execution environment lifecycle", init phase.
INIT_SECONDS = 10.0
LONG_INIT_SECONDS = 130.0

# Seconds after which the guard looks again when the exception would have met code of the runtime.
_RETRY = 0.001
# A timer that differs by more seconds from the guard's own was set by other code.
_TOLERANCE = 0.05
_SUREFOOT = __name__.partition(".")[0]
# Code of the runtime that is on the stack while the user's code runs, or that it calls in turn:
# an exception in it would leave a line or a frame of the log half written.
_OURS = tuple(f"{__package__}.{name}" for name in ("loop", "around", "deadline", "context", "logs"))


class DeadlineGuard:
    """Watches over one invocation at a time, in the main thread."""

    def __init__(
        self,
        margin_ms: float,
        raises: bool,
        log_to_operator: "Callable[[str], None]",
        flush: "Callable[[], None]",
    ) -> None:
        """Set the guard up.

        :param margin_ms: how long before the deadline it acts, in milliseconds; never more than a
            tenth of the time there is
        :param raises: also raise DeadlineExceeded in the handler
        :param log_to_operator: logs a line for the operator
        :param flush: lets out what the function has printed
        """
        self.margin_ms = margin_ms
        self.raises = raises
        self.log_to_operator = log_to_operator
        self.flush = flush
        self._thread = get_ident()
        self._request_id = ""
        self._loading = 0.0
        self._margin = 0.0
        # Set by the loop, around each piece of work that is the user's.
        self.in_user_code = False
        # The deadline has passed while it was not.
        self.expired = False
        self._sending = False
        # When it acts, as time() counts; 0 between invocations. And for when its timer was set.
        self._expires = 0.0
        self._due = 0.0
        self._armed = False
        self._foreign = False
        self._dumping = False
        self._watching = False
        # One object, so that identity shows whether the signal is still ours.
        self._handler = self._act

    def arm(self, request_id: str, deadline_ms: int) -> None:
        """Watch over an invocation that ends at ``deadline_ms`` (since the epoch; 0: unknown)."""
        now = time()
        left = deadline_ms / 1000 - now
        margin = self.margin_ms / 1000
        if margin > left * MAX_MARGIN_FRACTION:
            margin = left * MAX_MARGIN_FRACTION
            if margin <= 0:
                return
        elif not margin:
            return
        self._request_id = request_id
        self._margin = margin
        self._start(now, left - margin)

    def arm_for_init(self, limit: float) -> None:
        """Watch over the function's import, which Lambda ends after ``limit`` seconds."""
        margin = min(self.margin_ms / 1000, limit * MAX_MARGIN_FRACTION)
        if margin <= 0:
            return
        self._loading = limit
        self._margin = margin
        self._start(time(), limit - margin)

    def disarm(self) -> None:
        """The user's code is done."""
        self.in_user_code = False
        self._expires = 0.0
        self._stop()
        if self._sending or self.expired or self._loading:
            self._sending = self.expired = False
            self._loading = 0.0

    def overdue(self) -> DeadlineExceeded:
        """Return what to raise in place of calling the user's code: the deadline has passed."""
        return DeadlineExceeded(self._message())

    def watch(self, source: "Iterator[Any]") -> "_WatchedSource":
        """Return an iterator over what a handler yields; its code runs while a value is asked for.

        Between two values the runtime sends. A deadline that passes then is raised before the next
        value, unless the peer stops reading.
        """
        self.in_user_code = False
        self._sending = True
        return _WatchedSource(self, source)

    def lend(self) -> None:
        """Give SIGALRM and its timer back, as they were before; take_back() follows."""
        if self._thread == get_ident() and getsignal(SIGALRM) is self._handler:
            self._stop()
            self._uninstall()
        else:
            # Only the main thread may set a handler: an alarm of another thread's meets ours.
            self._stop()
            self._foreign = self._thread != get_ident()

    def take_back(self) -> None:
        """Go on watching, by SIGALRM if the function leaves it free."""
        if self._expires and self._thread == get_ident():
            now = time()
            if self._expires > now:
                self._start(now, self._expires - now)

    @property
    def is_installed(self) -> bool:
        """Whether the handler of SIGALRM is the guard's."""
        return getsignal(SIGALRM) is self._handler

    def release(self) -> None:
        """Let go of everything, in a process that forked from this one: its alarms are its own."""
        self._armed = self._watching = False
        self._expires = 0.0
        if getsignal(SIGALRM) is self._handler:
            self._uninstall()

    def _start(self, now: float, seconds: float) -> None:
        self._expires = self._due = now + seconds
        if (self._dumping and getsignal(SIGALRM) is self._handler) or self._install():
            previous = setitimer(ITIMER_REAL, seconds)
            if not previous[0]:
                self._armed = True
                return
            # The function has an alarm under way, without a handler of its own: it means to end.
            setitimer(ITIMER_REAL, *previous)
            self._uninstall()
        faulthandler.dump_traceback_later(seconds, file=2)
        self._watching = True

    def _stop(self) -> None:
        if self._armed:
            self._armed = False
            left, interval = setitimer(ITIMER_REAL, 0)
            if left and (interval or abs(left + time() - self._due) > _TOLERANCE):
                # Other code set the timer without the signal module: it keeps it.
                setitimer(ITIMER_REAL, left, interval)
        if self._watching:
            self._watching = False
            faulthandler.cancel_dump_traceback_later()

    def _install(self) -> bool:
        current = getsignal(SIGALRM)
        if current is not SIG_DFL and current is not self._handler:
            return False
        # A handler set since has replaced faulthandler's, which does not notice.
        faulthandler.unregister(SIGALRM)
        signal(SIGALRM, self._handler)
        # By number: sys.stderr may have been replaced by something without a descriptor.
        faulthandler.register(SIGALRM, file=2, all_threads=True, chain=True)
        self._dumping = True
        return True

    def _uninstall(self) -> None:
        faulthandler.unregister(SIGALRM)
        self._dumping = False
        signal(SIGALRM, SIG_DFL)

    def _act(self, _: int, frame: "FrameType | None") -> None:
        """Say which invocation is about to time out, show its tasks, and stop it if asked to."""
        if not self._armed:
            if self._foreign:
                # Without a handler of the function's own, its alarm ends the process.
                self._uninstall()
                kill(getpid(), SIGALRM)
            return
        if self._dumping:
            self._dumping = False
            self._report()
        if self.raises and not self._loading:
            self._raise(frame)

    def _message(self) -> str:
        if self._loading:
            return f"the function has been loading for {self._loading - self._margin:g} s"
        return f"request {self._request_id} is about to time out"

    def _report(self) -> None:
        # True: the C code was still there, and has written the stacks. Retries need no more.
        if not faulthandler.unregister(SIGALRM):  # type: ignore[func-returns-value]  # it does
            faulthandler.dump_traceback(file=2, all_threads=True)
        self.flush()
        limit = f" Lambda ends an init after {self._loading:g} s." if self._loading else ""
        self.log_to_operator(
            f"{self._message()}; the stacks above show where every thread was (innermost call "
            f"first).{limit}"
        )
        coroutines = _coroutines()
        for stack in coroutines.pending() if coroutines is not None else ():
            self.log_to_operator(f"unfinished asyncio task: {stack}")

    def _raise(self, frame: "FrameType | None") -> None:
        """Raise DeadlineExceeded if the user's code runs, else see to it that it is raised then."""
        if self.in_user_code and not _is_ours(frame):
            coroutines = _coroutines()
            message = self._message()
            if coroutines is None or not coroutines.expire(message):
                raise DeadlineExceeded(message)
        elif self.in_user_code:
            self._look_again(_RETRY)
        elif self._sending and self.expired and _is_sending(frame):
            raise DeadlineExceeded(self._message())
        else:
            first = not self.expired
            self.expired = True
            if self._sending:
                # The peer may be slow to read, or not read at all: then its send is still there.
                self._look_again(self._margin / 4 if first else _RETRY)

    def _look_again(self, seconds: float) -> None:
        self._expires = self._due = time() + seconds
        setitimer(ITIMER_REAL, seconds)


class _WatchedSource:
    """A handler's iterator, during whose steps the guard may raise."""

    def __init__(self, guard: DeadlineGuard, source: "Iterator[Any]") -> None:
        self._guard = guard
        self._source = source

    def __iter__(self) -> "_WatchedSource":
        return self

    def __next__(self) -> "Any":
        guard = self._guard
        guard.in_user_code = True
        try:
            if guard.expired:
                raise guard.overdue()
            return next(self._source)
        finally:
            guard.in_user_code = False

    def close(self) -> None:
        """Close the handler's generator: its clean-up is not interrupted."""
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


def _coroutines() -> "Any":
    """Return the module that runs coroutine handlers, if there has been one."""
    return sys.modules.get(f"{__package__}.handlers.coroutine")


def _is_ours(frame: "FrameType | None") -> bool:
    name = str(frame.f_globals.get("__name__")) if frame is not None else ""
    return name in _OURS or name.startswith(f"{__package__}.logs.")


def _is_sending(frame: "FrameType | None") -> bool:
    transport = sys.modules.get(f"{_SUREFOOT}._runtime_api.transport")
    if frame is None or transport is None:
        return False
    return frame.f_code is transport.send_rest.__code__
