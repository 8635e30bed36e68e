"""Receiving a reply; sending a body that does not fit the socket's buffer, with an ear for one.

The Runtime API may refuse a response (413) while it is still being sent, and then either stop
reading or hang up. Both would lose the answer if we only wrote: so wait for both directions, and
after a failed write read what the peer had said before.
"""

import _socket

from .._process.polling import POLLIN, POLLOUT, poll
from .http1 import Reply, ReplyParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

RECEIVE = 64 * 1024


def receive(connection: _socket.socket, parser: ReplyParser) -> Reply | None:
    """Receive one reply; None when the peer closed before completing one.

    :raises OSError: the connection broke
    """
    while True:
        window = parser.window()
        if window is None:
            data = connection.recv(RECEIVE)
            if not data:
                return parser.eof()
            reply = parser.feed(data)
        else:
            count = connection.recv_into(window)
            if not count:
                return None
            reply = parser.filled(count)
        if reply is not None:
            return reply


def send_rest(connection: _socket.socket, rest: memoryview, parser: ReplyParser) -> Reply | None:
    """Send ``rest``; return a reply that arrived before all of it was sent, else None.

    :raises OSError: the write failed and no reply explains it
    """
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN | POLLOUT)
    while rest:
        ((_, events),) = waiting.poll()
        if events & POLLIN:
            reply = _early(connection, parser)
            if reply is not None:
                return reply
            continue
        try:
            # Never block here: the peer may stop reading once it has answered.
            rest = rest[connection.send(rest, _socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            continue
        except OSError:
            reply = _early(connection, parser)
            if reply is not None:
                return reply
            raise
    return None


def hung_up(connection: _socket.socket) -> bool:
    """Return whether an idle connection has been closed, or has something unasked-for to say."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


class Upload:
    """A request body that is sent as it is produced. Blocks while the peer is slow to read.

    ``open`` turns False once the peer has answered early or gone away: no more is sent then.
    """

    def __init__(
        self,
        connection: _socket.socket,
        parser: ReplyParser,
        head: bytes,
        is_ours: "Callable[[], bool]",
    ) -> None:
        """Prepare to send.

        :param is_ours: whether the descriptor is still the connection's; the handler works between
            the pieces, and may have closed it
        """
        self.is_ours = is_ours
        self.connection = connection
        self.parser = parser
        self.open = True
        self._reply: Reply | None = None
        # Goes out with the first piece, or with the end: one segment for a short answer.
        self._head = head

    def send(self, data: bytes) -> None:
        """Send a piece of the body now."""
        data = self._head + data
        self._head = b""
        if not self.is_ours():
            self.open = False
            return
        try:
            self._reply = send_rest(self.connection, memoryview(data), self.parser)
        except OSError:
            self.open = False
        else:
            self.open = self._reply is None

    def finish(self, data: bytes) -> Reply | None:
        """Send the last of the body and return the reply; None when the peer is gone."""
        if self.open:
            self.send(data)
        if not self.open:
            return self._reply
        try:
            return receive(self.connection, self.parser)
        except OSError:
            return None


def _early(connection: _socket.socket, parser: ReplyParser) -> Reply | None:
    """Return the final reply that came while sending; the connection is spent by it."""
    while True:
        data = connection.recv(RECEIVE)
        reply = parser.feed(data) if data else parser.eof()
        if reply is not None:
            reply.reusable = False
            return reply
        if not data:
            raise ConnectionResetError("the peer closed the connection while we were sending")
        if parser.idle:
            # Only a 1xx so far (100 Continue): go on sending.
            return None
