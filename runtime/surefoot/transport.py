"""The one socket of the runtime: a keep-alive connection to the Runtime API.

``_socket``, the C module below ``socket``, is enough for this and saves 8 ms of every cold start.
"""

import _socket
import sys

from .errors import SandboxGone
from .ownership import is_owner
from .wire import Reply, ReplyParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .drain import Upload

RECEIVE = 64 * 1024
# A body up to this size goes out in one send() together with its head.
_JOIN = 32 * 1024


class Connection:
    """HTTP exchanges with the Runtime API, one at a time, reconnecting when the peer hung up."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._socket: _socket.socket | None = None
        self._parser = ReplyParser()

    def exchange(self, head: bytes, body: bytes = b"") -> Reply:
        """Send one request and return its reply; waits without limit (Lambda owns the time-outs).

        An exchange that breaks off, because the peer closed the idle connection or a reset cut the
        reply, is repeated once on a new connection. That cannot double an answer: the Runtime API
        takes one for each request id and refuses the second. ``Reply.repeated`` tells.

        :raises SandboxGone: nobody listens, or the repeated exchange broke off too
        :raises RemoteProtocolError: the reply is no HTTP/1.1
        """
        repeated = False
        while True:
            try:
                connection = self._socket or self._connect()
                reply = self._send(connection, head, body) or receive(connection, self._parser)
                reason = "closed"
            except OSError as error:
                reply = None
                reason = error.strerror or str(error)
            except BaseException:
                # A signal handler raised: what is on the wire now belongs to nobody.
                self.close()
                raise
            if reply is not None:
                if not reply.reusable:
                    self.close()
                if repeated:
                    reply.repeated = True
                return reply
            self.close()
            if repeated:
                raise SandboxGone(
                    f"the Runtime API at {self.host}:{self.port} hung up twice ({reason}); "
                    "the sandbox is gone."
                )
            repeated = True

    def upload(self, head: bytes) -> "Upload":
        """Begin a request whose body is sent piece by piece; close() after its reply.

        :raises SandboxGone: nobody listens
        """
        from .drain import Upload, hung_up

        if self._socket is not None and hung_up(self._socket):
            # It cannot be repeated later on: see now whether the idle connection is still there.
            self.close()
        return Upload(self._socket or self._connect(), self._parser, head)

    def close(self) -> None:
        """Close the connection, if any; the next exchange opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._parser.reset()

    def _connect(self) -> _socket.socket:
        if not is_owner():
            # A child that a signal handler forked in the middle of an exchange. It has let go of
            # the connection, and there is nothing for it to do here.
            sys.exit(0)
        family = _socket.AF_INET6 if ":" in self.host else _socket.AF_INET
        connection = _socket.socket(family, _socket.SOCK_STREAM)
        try:
            connection.connect((self.host, self.port))
        except OSError as error:
            connection.close()
            raise SandboxGone(
                f"cannot connect to the Runtime API at {self.host}:{self.port} "
                f"({error.strerror or error}): the sandbox is gone, "
                "or AWS_LAMBDA_RUNTIME_API is wrong."
            ) from None
        # A large body follows its head in a write of its own; Nagle would hold it back.
        connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._socket = connection
        return connection

    def _send(self, connection: _socket.socket, head: bytes, body: bytes) -> Reply | None:
        """Send a request; a reply comes back early when the peer answers before it has read all."""
        if len(body) <= _JOIN:
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
        from .drain import send_rest

        return send_rest(connection, rest, self._parser)


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
