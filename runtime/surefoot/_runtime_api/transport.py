"""The one socket of the runtime: a keep-alive connection to the Runtime API.

``_socket``, the C module below ``socket``, is enough for this and saves 8 ms of every cold start.

The descriptor lives in the same process as the function, which may close it (``os.closerange``),
open something else under its number, fork, or use up all descriptors there are. So the connection
knows its socket, keeps its descriptor until the next connection needs one, and belongs
to the process that made it.

The Runtime API may refuse a response (413) while it is still being sent, and then either stop
reading or hang up. Both would lose the answer if we only wrote: so a body that does not fit the
socket's buffer waits for both directions, and after a failed write what the peer had said before
is read.
"""

import _socket
import gc
import posix
import sys

from .._process.ownership import is_owner, release_in_children
from .._process.polling import POLLIN, POLLOUT, poll
from ..errors import OutOfDescriptors, SandboxGone
from .http1 import Reply, ReplyParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# A body up to this size goes out in one send() together with its head.
COALESCE_LIMIT = 32 * 1024
# Linux's number of the option, which the socket module has no name for. Source: socket(7).
_SO_COOKIE = 57
# What a connection's socket is good for: to be connected; an exchange; to hold its descriptor.
_NEW, _CONNECTED, _RETIRED = range(3)


class Connection:
    """HTTP exchanges with the Runtime API, one at a time, reconnecting when the peer hung up."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._socket: _socket.socket | None = None
        self._identity: object = None
        self._state = _NEW
        self._parser = ReplyParser()
        # A child holds nothing of it, so that it ends with its owner.
        release_in_children(self.close)

    def reserve(self) -> None:
        """Take the descriptor now, while there are some."""
        self._hold(_open_socket(self._family))

    def exchange(self, head: bytes, body: bytes = b"") -> Reply:
        """Send one request and return its reply; waits without limit (Lambda owns the time-outs).

        A break before the first byte of a reply, on a connection that was idle before, means that
        the connection was stale: it does not count. After it, one real break is made up for on a
        new connection. Neither can double an answer: the Runtime API takes one for each request id
        and refuses the second. ``Reply.repeated`` is true when it may have got two.

        :raises SandboxGone: the connection is refused, or two exchanges broke off
        :raises OutOfDescriptors: a new connection was needed, and no descriptor is left
        :raises RemoteProtocolError: the reply is not HTTP/1.1
        """
        if head[:1] == b"P" and self._state == _CONNECTED and not self._is_ours():
            # Between asking for an invocation and answering it, the function was at work, and may
            # have closed the connection. To ask, from there, is to go on at once.
            self.close()
        breaks = 0
        stale = repeated = heard = False
        while True:
            idle = self._state == _CONNECTED
            sent = False
            try:
                connection = self._socket
                if connection is None or not idle:
                    connection = self._connect()
                reply = self._send(connection, head, body)
                if reply is None:
                    sent = True
                    reply = receive(connection, self._parser)
                reason = "closed"
            except OSError as error:
                reply = None
                reason = error.strerror or str(error)
            except BaseException:
                # A signal handler raised: no exchange owns what is on the wire now.
                self.close()
                raise
            if reply is not None:
                if not reply.reusable:
                    self.retire()
                if repeated:
                    reply.repeated, reply.heard = True, heard
                return reply
            heard = heard or not self._parser.idle
            if not stale and ((idle and self._parser.idle) or not self._is_ours()):
                stale = True
            else:
                breaks += 1
            self.close()
            if breaks > 1:
                raise SandboxGone(
                    f"the Runtime API at {self.host}:{self.port} hung up twice ({reason}); "
                    "the sandbox is gone."
                )
            # An incomplete request is none, and refused for that alone.
            repeated = repeated or sent

    def upload(self, head: bytes) -> "Upload":
        """Begin a request whose body is sent piece by piece; retire() after its reply.

        :raises SandboxGone: the connection is refused
        :raises OutOfDescriptors: a new connection was needed, and no descriptor is left
        """
        if self._state == _CONNECTED and not (self._is_ours() and self._is_open()):
            # It cannot be repeated later on: see now whether the idle connection is still there,
            # and still the runtime's own.
            self.close()
        connection = self._socket
        if connection is None or self._state != _CONNECTED:
            connection = self._connect()
        return Upload(connection, self._parser, head, self._is_ours)

    def retire(self) -> None:
        """End the connection, but hold its descriptor for the next one."""
        if not is_owner():
            # A child that came about without the interpreter: the connection is its parent's, too.
            self.close()
        elif self._state == _CONNECTED and self._socket is not None:
            self._state = _RETIRED
            try:
                if self._is_ours():
                    self._socket.shutdown(_socket.SHUT_RDWR)
            except OSError:
                # The peer was faster.
                pass
        self._parser.reset()

    def close(self) -> None:
        """Close the connection, if any; the next exchange opens a new one."""
        is_ours = self._is_ours()
        connection, self._socket = self._socket, None
        self._state = _NEW
        self._parser.reset()
        if connection is None:
            return
        if not is_ours:
            # The function closed it, and what bears its number now is the function's.
            connection.detach()
            return
        try:
            connection.close()
        except OSError:
            # Another thread was faster.
            return

    def _is_ours(self) -> bool:
        if self._socket is None:
            return False
        try:
            return _identify(self._socket) == self._identity
        except OSError:
            return False

    def _is_open(self) -> bool:
        return self._socket is not None and not is_closed_by_peer(self._socket)

    def _connect(self) -> _socket.socket:
        """Connect the socket, or a new one, and return it."""
        if not is_owner():
            # A child that a signal handler forked in the middle of an exchange. It has let go of
            # the connection, and there is nothing for it to do here.
            sys.exit(0)
        connection = self._socket
        if connection is None or self._state != _NEW or not self._is_ours():
            # What is closed now makes room for the new one, if nothing else does.
            self.close()
            connection = _open_socket(self._family)
            self._hold(connection)
        try:
            connection.connect((self.host, self.port))
        except OSError as error:
            self.close()
            raise SandboxGone(
                f"cannot connect to the Runtime API at {self.host}:{self.port} "
                f"({error.strerror or error}): the sandbox is gone, "
                "or AWS_LAMBDA_RUNTIME_API is wrong."
            ) from None
        # A large body follows its head in a write of its own; Nagle would hold it back.
        connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._state = _CONNECTED
        return connection

    def _hold(self, connection: _socket.socket) -> None:
        self._socket = connection
        self._identity = _identify(connection)

    @property
    def _family(self) -> int:
        return _socket.AF_INET6 if ":" in self.host else _socket.AF_INET

    def _send(self, connection: _socket.socket, head: bytes, body: bytes) -> Reply | None:
        """Send a request; a reply comes back early when the peer answers before it has read all."""
        if len(body) <= COALESCE_LIMIT:
            data = head + body
            sent = connection.send(data)
            if sent == len(data):
                return None
            rest = memoryview(data)[sent:]
        else:
            try:
                sent = connection.sendmsg((head, body), (), _socket.MSG_DONTWAIT)
            except BlockingIOError:
                sent = 0
            if sent < len(head):
                connection.sendall(head[sent:])
                sent = len(head)
            rest = memoryview(body)[sent - len(head) :]
        return send_rest(connection, rest, self._parser)


def _identify(connection: _socket.socket) -> object:
    """Return what identifies the socket: its cookie, or its inode on an old kernel.

    :raises OSError: there is nothing under its number any more
    """
    try:
        return connection.getsockopt(_socket.SOL_SOCKET, _SO_COOKIE, 8)
    except OSError:
        status = posix.fstat(connection.fileno())
        return status.st_dev, status.st_ino


def _open_socket(family: int) -> _socket.socket:
    """Return a new socket, on no standard stream's number: what is printed would go into it.

    :raises OutOfDescriptors: there is none to be had
    """
    low = []
    try:
        connection = _new_socket(family)
        while connection.fileno() <= 2:
            low.append(connection)
            connection = _new_socket(family)
    finally:
        for each in low:
            each.close()
    return connection


def _new_socket(family: int) -> _socket.socket:
    try:
        return _socket.socket(family, _socket.SOCK_STREAM)
    except OSError:
        # Files that the function forgot in a circle of references are closed by this.
        gc.collect()
    try:
        return _socket.socket(family, _socket.SOCK_STREAM)
    except OSError as error:
        raise OutOfDescriptors(
            f"cannot open a socket for the Runtime API ({error.strerror}); "
            "have the function close the files and sockets that it opens."
        ) from None


def receive(connection: _socket.socket, parser: ReplyParser) -> Reply | None:
    """Receive one reply; None when the peer closed before completing one.

    :raises OSError: the connection broke
    """
    reply = None
    while reply is None:
        data = parser.received[: connection.recv_into(parser.received)].tobytes()
        if not data:
            return parser.eof()
        reply = parser.feed(data)
        while reply is None and (buffer := parser.get_buffer()) is not None:
            count = connection.recv_into(buffer)
            if not count:
                return None
            reply = parser.buffer_updated(count)
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
            reply = _read_early_reply(connection, parser)
            if reply is not None:
                return reply
            continue
        try:
            # Never block here: the peer may stop reading once it has answered.
            rest = rest[connection.send(rest, _socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            continue
        except OSError:
            reply = _read_early_reply(connection, parser)
            if reply is not None:
                return reply
            raise
    return None


def is_closed_by_peer(connection: _socket.socket) -> bool:
    """Return whether an idle connection was closed, or has sent something without a request."""
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


def _read_early_reply(connection: _socket.socket, parser: ReplyParser) -> Reply | None:
    """Return the final reply that came while sending; the connection is spent by it."""
    while True:
        data = parser.received[: connection.recv_into(parser.received)].tobytes()
        reply = parser.feed(data) if data else parser.eof()
        if reply is not None:
            reply.reusable = False
            return reply
        if not data:
            raise ConnectionResetError("the peer closed the connection while we were sending")
        if parser.idle:
            # Only a 1xx so far (100 Continue): go on sending.
            return None
