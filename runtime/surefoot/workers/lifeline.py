"""What ties the workers to their supervisor: a pipe that nobody ever writes to.

The supervisor holds the only writing end. When it closes it, or dies, every worker's reading end
hangs up: one event that no signal handler of the function can take away or lose.
"""

import posix

from ..polling import POLLIN, poll

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket


class Drained(BaseException):
    """The worker is to end, and has nothing in hand. Passes through every ``except Exception``."""


class Lifeline:
    """The pipe, and a single token that goes to the first worker who asks for it."""

    def __init__(self) -> None:
        self._reading, self._writing = posix.pipe2(posix.O_CLOEXEC)
        self._tokens, source = posix.pipe2(posix.O_CLOEXEC | posix.O_NONBLOCK)
        posix.write(source, b"1")
        posix.close(source)

    def cut(self) -> None:
        """Close this process's writing end; in the supervisor that lets all workers end."""
        if self._writing >= 0:
            posix.close(self._writing)
            self._writing = -1

    def wait(self, connection: "_socket.socket", seconds: "float | None" = None) -> bool:
        """Wait until the connection has something to read; False after so many seconds.

        :raises Drained: it has nothing, and the supervisor wants the workers to end
        """
        waiting = poll()
        waiting.register(self._reading, 0)
        waiting.register(connection.fileno(), POLLIN)
        ready = [each for each, _ in waiting.poll(None if seconds is None else int(seconds * 1000))]
        # An invocation that is here already is served: nobody else would get it.
        if self._reading in ready and connection.fileno() not in ready:
            raise Drained
        return bool(ready)

    def pause(self, seconds: float) -> None:
        """Wait for some time.

        :raises Drained: the supervisor wants the workers to end
        """
        waiting = poll()
        waiting.register(self._reading, 0)
        if waiting.poll(int(seconds * 1000)):
            raise Drained

    def take_token(self) -> bool:
        """Return True to the first caller in any of the processes, False to all others."""
        try:
            return bool(posix.read(self._tokens, 1))
        except BlockingIOError:
            return False
