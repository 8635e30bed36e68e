"""Keeps the workers alive, and lets them end. Serves no invocation itself."""

import _signal  # type: ignore[import-not-found]  # the signal module would import enum
import gc
import posix
import sys
import time

from ..._process.operator_log import log_to_operator
from ..._process.ownership import become_owner
from ..._process.polling import is_writable
from ...errors import EXIT_CRASHES, EXIT_SANDBOX_GONE, MAX_ASYNC_TIMEOUT_SECONDS
from .crash_report import (
    describe_exit,
    log_pool_start,
    report_init,
    report_lost,
    warn_about_threads,
)
from .restart import RestartPolicy
from .shared_state import ENDED, INIT, SharedState
from .shutdown_pipe import ShutdownPipe
from .signals import Signals
from .worker import InChild, Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from ..config import Config

# How long workers may finish what they have in hand, in seconds. Lambda's shutdown takes 2 s at
# most; an invocation as long as the longest time-out.
SHUTDOWN_SECONDS = 1.8
_LONGEST_INVOCATION = float(MAX_ASYNC_TIMEOUT_SECONDS)


class System:
    """What the supervisor needs of the operating system; tests have one whose time is their own."""

    monotonic = staticmethod(time.monotonic)
    kill = staticmethod(posix.kill)
    waitpid = staticmethod(posix.waitpid)

    def signals(self) -> Signals:
        """Return the queue of signals, from now on."""
        return Signals()


class Supervisor:
    """The parent of ``count`` workers."""

    def __init__(self, config: "Config", count: int, system: "System | None" = None) -> None:
        self.config = config
        self.count = count
        self.system = system or System()
        self.shared_state = SharedState(count)
        self.shutdown_pipe = ShutdownPipe()
        self.workers: dict[int, int] = {}
        self.messengers: set[int] = set()
        self.vacant = dict.fromkeys(range(count), 0.0)
        self.exit_code: int | None = None
        self.patience_ends = 0.0
        self._is_killing = False
        self._restarts = RestartPolicy(count)

    def run(self) -> int:
        """Keep the workers alive until a signal or a worker ends them; return the exit code.

        :raises InChild: in each new worker
        """
        log_pool_start(self.config, self.count)
        warn_about_threads()
        self._share_memory()
        self.signals = self.system.signals()
        while self.exit_code is None or self.workers or self.messengers:
            self._keep_alive()
            self._handle_signals()
        return self.exit_code

    def _share_memory(self) -> None:
        # The collector marks what it visits, and each mark would copy a page in every worker: what
        # exists now is hidden from it permanently. Nothing here makes garbage in circles.
        self._collects = gc.isenabled()
        gc.collect()
        gc.freeze()
        gc.disable()

    def _keep_alive(self) -> None:
        """Fill the places whose time has come; at the end of patience, kill who is left."""
        now = self.system.monotonic()
        if self.exit_code is None:
            for slot in [slot for slot, due in self.vacant.items() if due <= now]:
                self._spawn(slot)
            return
        if not self.workers and not self._is_killing:
            # A message that the Runtime API does not take must not keep the process.
            self.patience_ends = min(self.patience_ends, now + SHUTDOWN_SECONDS)
        if now >= self.patience_ends:
            self.patience_ends = float("inf")
            self._is_killing = True
            if self.workers:
                log_to_operator(
                    f"{len(self.workers)} of {self.count} workers are not done; killing them."
                )
                self.exit_code = self.exit_code or 128 + _signal.SIGKILL
            for pid in (*self.workers, *self.messengers):
                self.system.kill(pid, _signal.SIGKILL)

    def _handle_signals(self) -> None:
        """Wait for signals, or for the next thing to do, and act on them."""
        timers = [self.patience_ends] if self.exit_code is not None else self.vacant.values()
        due = min(timers, default=float("inf"))
        wait = None if due == float("inf") else max(0.0, due - self.system.monotonic())
        for number in self.signals.wait(wait):
            if number != _signal.SIGCHLD:
                self._terminate(number)
        self._reap()

    def _terminate(self, number: int) -> None:
        left = self.patience_ends - self.system.monotonic()
        if self.exit_code is not None and left <= SHUTDOWN_SECONDS:
            # Asked a second time: now.
            self.patience_ends = 0.0
            return
        for pid in self.workers:
            # For the function's own handlers; without one it means nothing to a worker. Sent before
            # the pipe is closed, so that no worker ends before the signal has reached it.
            self.system.kill(pid, number)
        self._stop(self.exit_code or 0, SHUTDOWN_SECONDS)

    def _stop(self, exit_code: int, patience: float) -> None:
        """Let the workers finish what they have in hand, for so many seconds, and ask for no more.

        One that waits for an invocation ends at once; one that still loads the function has nothing
        to finish.
        """
        self.exit_code = exit_code
        self.patience_ends = self.system.monotonic() + patience
        self.vacant.clear()
        self.shutdown_pipe.close()
        for pid, slot in self.workers.items():
            if self.shared_state.state(slot) == INIT:
                self.system.kill(pid, _signal.SIGKILL)

    def _spawn(self, slot: int) -> None:
        self.shared_state.set_state(slot, INIT)
        try:
            pid = self._fork()
        except OSError as error:
            log_to_operator(
                f"cannot start worker {slot + 1} of {self.count}: {error.strerror or error}."
            )
            self._replace(slot)
            return
        if pid == 0:
            raise InChild(Worker(self.config, slot, self.shared_state, self.shutdown_pipe))
        del self.vacant[slot]
        self.workers[pid] = slot

    def _fork(self) -> int:
        for stream in (sys.stdout, sys.stderr):
            # What is still in the buffer would be printed by every child.
            _flush(stream)
        pid = self.signals.fork()
        if pid == 0:
            become_owner()
            self.shutdown_pipe.close()
            if self._collects:
                gc.enable()
        return pid

    def _reap(self) -> None:
        """Handle every child that has ended. Orphans that PID 1 inherits need no message."""
        while True:
            try:
                pid, status = self.system.waitpid(-1, posix.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.messengers.discard(pid)
            if pid in self.workers:
                self._handle_worker_exit(
                    pid, self.workers.pop(pid), posix.waitstatus_to_exitcode(status)
                )

    def _handle_worker_exit(self, pid: int, slot: int, code: int) -> None:
        """Stop if the worker that ended reported that no worker can go on, else replace it."""
        state = self.shared_state.state(slot)
        current_invocation = self.shared_state.current_invocation(slot)
        if self.exit_code is not None:
            if current_invocation is not None and not self._is_killing:
                self._log_and_report(pid, slot, code)
            return
        if state == ENDED:
            # There is no caller left to wait for answers when the sandbox is gone.
            patience = SHUTDOWN_SECONDS if code == EXIT_SANDBOX_GONE else _LONGEST_INVOCATION
            self._stop(code, patience)
            return
        self._log_and_report(pid, slot, code)
        if not self._replace(slot) and not self.shared_state.was_ready():
            self._send(report_init(self.config, code))

    def _log_and_report(self, pid: int, slot: int, code: int) -> None:
        """Log how a worker died, and report its invocation as failed if it had one."""
        current_invocation = self.shared_state.current_invocation(slot)
        how = describe_exit(code, self.shared_state.state(slot), current_invocation)
        log_to_operator(f"worker {slot + 1} of {self.count} (pid {pid}), {how}")
        if current_invocation is not None:
            self._send(report_lost(self.config, code, *current_invocation))

    def _replace(self, slot: int) -> bool:
        """Have a place filled again, unless that has failed too often: then stop, return False."""
        due = self._restarts.after_death(self.system.monotonic(), self.shared_state.done())
        if due is None:
            log_to_operator(
                f"workers died {self._restarts.deaths} times in a row and finished no invocation "
                "in between; ending the runtime. The lines above say how each of them died."
            )
            self._stop(EXIT_CRASHES, _LONGEST_INVOCATION)
            return False
        self.vacant[slot] = due
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


def _flush(stream: "TextIO | None") -> None:
    """Flush a stream of the function's making, or a full one, without waiting or raising."""
    try:
        if stream is not None and is_writable(stream.fileno()):
            stream.flush()
    except Exception:
        return
