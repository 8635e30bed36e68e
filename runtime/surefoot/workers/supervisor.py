"""Keeps the workers alive, and lets them end. Serves no invocation itself."""

import _signal  # type: ignore[import-not-found]  # the signal module would import enum
import gc
import posix
import sys
import time

from ..errors import EXIT_CRASHES, EXIT_SANDBOX_GONE
from ..logs import say
from ..ownership import become_owner
from .board import ENDED, INIT, Board
from .child import Forked, Worker
from .lifeline import Lifeline
from .messages import announce, fate, mention_threads, report_init, report_lost
from .signals import Signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import Config

# How long workers may finish what they have in hand, in seconds. Lambda's shutdown takes 2 s at
# most; an invocation 15 minutes (quotas, AWS Lambda Developer Guide).
_SHUTDOWN = 1.8
_LONGEST_INVOCATION = 900.0

# Deaths in a row, without a finished invocation in between: as many as there are workers are
# replaced at once, the next ones after these delays in seconds, and then it is a crash loop. A
# death that comes this much later than the one before, in seconds, begins a new row.
_DELAYS = (0.1, 0.2, 0.4, 0.8)
_ROW_ENDS = 60.0


class Supervisor:
    """The parent of ``count`` workers."""

    def __init__(self, config: "Config", count: int) -> None:
        self.config = config
        self.count = count
        self.board = Board(count)
        self.lifeline = Lifeline()
        self.workers: dict[int, int] = {}
        self.messengers: set[int] = set()
        self.vacant = dict.fromkeys(range(count), 0.0)
        self.exit_code: int | None = None
        self.patience_ends = 0.0
        self._deaths = 0
        self._last_death = 0.0
        self._done = 0

    def run(self) -> int:
        """Keep the workers alive until told to stop; return the exit code.

        :raises Forked: in each new worker
        """
        announce(self.config, self.count)
        mention_threads()
        self._share_memory()
        self.signals = Signals()
        while self.exit_code is None or self.workers or self.messengers:
            self._keep_alive()
            self._handle_signals()
        return self.exit_code

    def _share_memory(self) -> None:
        # The collector marks what it visits, and each mark would copy a page in every worker: what
        # exists now is taken out of its sight for good. Nothing here makes garbage in circles.
        self._collects = gc.isenabled()
        gc.collect()
        gc.freeze()
        gc.disable()

    def _keep_alive(self) -> None:
        """Fill the places whose time has come; at the end of patience, kill who is left."""
        now = time.monotonic()
        if self.exit_code is None:
            for slot in [slot for slot, due in self.vacant.items() if due <= now]:
                self._spawn(slot)
        elif now >= self.patience_ends:
            self.patience_ends = float("inf")
            if self.workers:
                say(f"{len(self.workers)} of {self.count} workers are not done; killing them.")
                self.exit_code = self.exit_code or 128 + _signal.SIGKILL
            for pid in (*self.workers, *self.messengers):
                posix.kill(pid, _signal.SIGKILL)

    def _handle_signals(self) -> None:
        """Wait for signals, or for the next thing to do, and act on them."""
        timers = [self.patience_ends] if self.exit_code is not None else self.vacant.values()
        due = min(timers, default=float("inf"))
        wait = None if due == float("inf") else max(0.0, due - time.monotonic())
        for number in self.signals.wait(wait):
            if number != _signal.SIGCHLD:
                self._terminate(number)
        self._reap()

    def _terminate(self, number: int) -> None:
        if self.exit_code is not None and self.patience_ends - time.monotonic() <= _SHUTDOWN:
            # Asked a second time: now.
            self.patience_ends = 0.0
            return
        for pid in self.workers:
            # For the function's own handlers; without one it means nothing to a worker. Sent before
            # the lifeline is cut, so that nobody leaves without having been told.
            posix.kill(pid, number)
        self._stop(self.exit_code or 0, _SHUTDOWN)

    def _stop(self, exit_code: int, patience: float) -> None:
        """Let the workers finish what they have in hand, for so many seconds, and ask for no more.

        One that waits for an invocation ends at once; one that still loads the function has nothing
        to finish.
        """
        self.exit_code = exit_code
        self.patience_ends = time.monotonic() + patience
        self.vacant.clear()
        self.lifeline.cut()
        for pid, slot in self.workers.items():
            if self.board.state(slot) == INIT:
                posix.kill(pid, _signal.SIGKILL)

    def _spawn(self, slot: int) -> None:
        self.board.enter(slot, INIT)
        try:
            pid = self._fork()
        except OSError as error:
            say(f"cannot start worker {slot + 1} of {self.count}: {error.strerror or error}.")
            self._replace(slot)
            return
        if pid == 0:
            raise Forked(Worker(self.config, slot, self.board, self.lifeline))
        del self.vacant[slot]
        self.workers[pid] = slot

    def _fork(self) -> int:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                # What is still in the buffer would be printed by every child.
                stream.flush()
        pid = self.signals.fork()
        if pid == 0:
            become_owner()
            self.lifeline.cut()
            if self._collects:
                gc.enable()
        return pid

    def _reap(self) -> None:
        """Deal with every child that has ended. Strangers, whom PID 1 inherits, go quietly."""
        while True:
            try:
                pid, status = posix.waitpid(-1, posix.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.messengers.discard(pid)
            if pid in self.workers:
                self._mourn(pid, self.workers.pop(pid), posix.waitstatus_to_exitcode(status))

    def _mourn(self, pid: int, slot: int, code: int) -> None:
        """A worker has ended: stop if it said that nobody can go on, else replace it."""
        if self.exit_code is not None:
            return
        state = self.board.state(slot)
        if state == ENDED:
            # Nobody waits for answers when the sandbox is gone.
            patience = _SHUTDOWN if code == EXIT_SANDBOX_GONE else _LONGEST_INVOCATION
            self._stop(code, patience)
            return
        taken = self.board.taken(slot)
        say(f"worker {slot + 1} of {self.count} (pid {pid}), {fate(code, state, taken)}")
        if taken is not None:
            self._send(report_lost(self.config, code, *taken))
        if not self._replace(slot) and not self.board.was_ready():
            self._send(report_init(self.config, code))

    def _replace(self, slot: int) -> bool:
        """Have a place filled again, unless that has failed too often: then stop, return False."""
        now = time.monotonic()
        done = self.board.done()
        if done != self._done or now - self._last_death > _ROW_ENDS:
            self._deaths = 0
        self._done = done
        self._last_death = now
        self._deaths += 1
        late = self._deaths - self.count
        if late > len(_DELAYS):
            say(
                f"workers died {self._deaths} times in a row and finished no invocation in "
                "between; ending the runtime. The lines above say how each of them died."
            )
            self._stop(EXIT_CRASHES, _LONGEST_INVOCATION)
            return False
        self.vacant[slot] = now + (_DELAYS[late - 1] if late > 0 else 0.0)
        return True

    def _send(self, message: "Callable[[], None]") -> None:
        """Deliver a message in a process of its own: here nothing may block."""
        try:
            pid = self._fork()
        except OSError:
            return
        if pid == 0:
            try:
                message()
            finally:
                posix._exit(0)  # noqa: SLF001 - public in spite of its name
        self.messengers.add(pid)
