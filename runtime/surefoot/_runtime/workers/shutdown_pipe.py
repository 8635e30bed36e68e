"""The pipe whose end of file ends the workers; no process ever writes to it.

The supervisor holds the only writing end. When it closes it, or dies, every worker's reading end
hangs up: one event that no signal handler of the function can take away or lose.
"""

import posix

from ..._process.polling import POLLIN, poll

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket


class Drained(BaseException):
    """The worker is to end, and has nothing in hand. Passes through every ``except Exception``."""


class ShutdownPipe:
    """The pipe, and a single token that goes to the first worker who asks for it.

    The function may close a worker's ends, or open something else under their numbers: they are
    known by their inodes. Without its end, a worker asks now and then whether it is an orphan.
    """

    def __init__(self) -> None:
        self._supervisor = posix.getpid()
        self._reading, self._writing = posix.pipe2(posix.O_CLOEXEC)
        self._tokens, source = posix.pipe2(posix.O_CLOEXEC | posix.O_NONBLOCK)
        posix.write(source, b"1")
        posix.close(source)
        self._inodes = {each: _inode(each) for each in (self._reading, self._tokens)}
        # A child that a preloaded function forks in the supervisor must not hold the writing end,
        # or the workers would outlive the supervisor as long as that child does.
        posix.register_at_fork(after_in_child=self.close)

    def close(self) -> None:
        """Close this process's writing end; in the supervisor that lets all workers end."""
        if self._writing >= 0:
            posix.close(self._writing)
            self._writing = -1

    def wait(self, connection: "_socket.socket", seconds: "float | None" = None) -> bool:
        """Wait until the connection has something to read; False after so many seconds.

        :raises Drained: it has nothing, and the supervisor wants the workers to end
        """
        number = connection.fileno()
        while True:
            waiting = poll()
            waiting.register(number, POLLIN)
            held = self._is_held(self._reading)
            if held:
                waiting.register(self._reading, 0)
            limit = seconds if held or seconds is not None else _ORPHAN_CHECK
            ready = [each for each, _ in waiting.poll(None if limit is None else int(limit * 1000))]
            # An invocation that is here already is served: no other worker would get it.
            if number in ready:
                return True
            if ready or (not held and self._is_orphan()):
                raise Drained
            if seconds is not None:
                return False

    def pause(self, seconds: float) -> None:
        """Wait for some time.

        :raises Drained: the supervisor wants the workers to end
        """
        waiting = poll()
        held = self._is_held(self._reading)
        if held:
            waiting.register(self._reading, 0)
        if waiting.poll(int(seconds * 1000)) or (not held and self._is_orphan()):
            raise Drained

    def acquire_once(self) -> bool:
        """Return True to the first caller in any of the processes, False to all others."""
        if not self._is_held(self._tokens):
            # Two reports are better than none.
            return True
        try:
            return bool(posix.read(self._tokens, 1))
        except BlockingIOError:
            return False

    def _is_held(self, descriptor: int) -> bool:
        return _inode(descriptor) == self._inodes[descriptor]

    def _is_orphan(self) -> bool:
        return self._supervisor not in (posix.getppid(), posix.getpid())


def _inode(descriptor: int) -> "tuple[int, int]":
    try:
        status = posix.fstat(descriptor)
    except OSError:
        return -1, -1
    return status.st_dev, status.st_ino


# How often, in seconds, a worker that lost its end of the pipe looks for its supervisor.
_ORPHAN_CHECK = 1.0
