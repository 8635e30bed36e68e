"""Signals as a queue: the handler records a signal, and wait() returns what has been recorded."""

import _signal  # type: ignore[import-not-found]  # the signal module would import enum
import posix

from ..._process.polling import POLLIN, poll

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_WATCHED = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGCHLD)


def describe(number: int) -> str:
    """Return a signal's number and meaning."""
    return f"signal {number} ({_signal.strsignal(number)})"


def _record(_: int, __: "FrameType | None") -> None:
    """Do nothing: the interpreter itself has written the signal's number to the wake-up pipe."""


class Signals:
    """SIGTERM, SIGINT and SIGCHLD of this process, from its making on."""

    def __init__(self) -> None:
        self._reading, self._writing = posix.pipe2(posix.O_CLOEXEC | posix.O_NONBLOCK)
        _signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        # A preloaded function may have handlers of its own, which its workers are to keep.
        self._before: dict[int, Any] = {
            number: _signal.signal(number, _record) for number in _WATCHED
        }

    def wait(self, seconds: float | None) -> list[int]:
        """Return the signals that came, after at most that time; None waits for the next one."""
        waiting = poll()
        waiting.register(self._reading, POLLIN)
        if not waiting.poll(None if seconds is None else int(seconds * 1000) + 1):
            return []
        try:
            return list(posix.read(self._reading, 4096))
        except BlockingIOError:
            return []

    def fork(self) -> int:
        """Fork; the child starts without this queue, and misses no signal on the way."""
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _WATCHED)
        try:
            pid = posix.fork()
            if pid == 0:
                self._leave()
            return pid
        finally:
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, _WATCHED)

    def _leave(self) -> None:
        _signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            if handler in (_signal.SIG_DFL, _signal.default_int_handler):
                # A signal to the whole group is for the supervisor, which lets the workers end. A
                # handler, unlike SIG_IGN, is not inherited by the programs that a function starts.
                handler = _signal.SIG_DFL if number == _signal.SIGCHLD else _record  # noqa: PLW2901
            if handler is not None:
                _signal.signal(number, handler)
        posix.close(self._reading)
        posix.close(self._writing)
