"""Sending a body that does not fit the socket's buffer, with an ear for an early answer.

The Runtime API may refuse a response (413) while it is still being sent, and then either stop
reading or hang up. Both would lose the answer if we only wrote: so wait for both directions, and
after a failed write read what the peer had said before.
"""

import _socket
import select

from .wire import Reply, ReplyParser


def send_rest(
    connection: _socket.socket, rest: memoryview, parser: ReplyParser
) -> Reply | None:
    """Send ``rest``; return a reply that arrived before all of it was sent, else None.

    :raises OSError: the write failed and no reply explains it
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLOUT)
    while rest:
        ((_, events),) = poll.poll()
        if events & select.POLLIN:
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


def _early(connection: _socket.socket, parser: ReplyParser) -> Reply | None:
    """Return the final reply that came while sending; the connection is spent by it."""
    while True:
        data = connection.recv(64 * 1024)
        reply = parser.feed(data) if data else parser.eof()
        if reply is not None:
            reply.reusable = False
            return reply
        if not data:
            raise ConnectionResetError("the peer closed the connection while we were sending")
        if parser.idle:
            # Only a 1xx so far (100 Continue): go on sending.
            return None
