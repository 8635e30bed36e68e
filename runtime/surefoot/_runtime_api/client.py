"""The Runtime API's calls: ask for an invocation, answer it, report what failed.

Paths and statuses: AWS Lambda Developer Guide, "Using the Lambda runtime API".
"""

import sys

from .. import __version__
from .._payload.marshaller import Marshaller
from ..errors import (
    AFTER_RESTORE_ERROR,
    BEFORE_SNAPSHOT_ERROR,
    ContainerError,
    RemoteProtocolError,
)
from .http1 import Reply, safe_value
from .invocation import Invocation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .error_report import Report
    from .streamed_answer import StreamedAnswer
    from .streaming import Stream
    from .transport import Connection

# How often, and after how many seconds, one of several clients asks for invocation/next again, as
# awslambdaric does it.
MAX_ATTEMPTS = 5
FIRST_DELAY = 0.1
LAST_DELAY = 0.8

_API = "/2018-06-01/runtime/"

# What a refusal of an answer means, for the log. The loop goes on after each of them.
_REFUSALS = {
    400: "refused as malformed: its id, mode or length is not what was expected",
    403: "refused: the Runtime API expects no answer now",
    410: "too late: the invocation has timed out already",
    413: "too large: Lambda takes 6,291,556 bytes at most, and has reported it to the caller",
}


class Client:
    """Speaks with the Runtime API over one connection; ``log_to_operator`` logs refusals."""

    def __init__(
        self,
        connection: "Connection",
        marshaller: Marshaller,
        log_to_operator: "Callable[[str], None]",
    ) -> None:
        self.connection = connection
        self.marshaller = marshaller
        self.log_to_operator = log_to_operator
        host = f"[{connection.host}]" if ":" in connection.host else connection.host
        version = "{}.{}.{}".format(*sys.version_info[:3])
        self._common = (
            f" HTTP/1.1\r\nHost: {host}:{connection.port}\r\n"
            f"User-Agent: surefoot/{__version__} python/{version}\r\n"
        )
        self._next = f"GET {_API}invocation/next{self._common}\r\n".encode()

    def next(self) -> Invocation:
        """Wait for the next invocation, however long it takes.

        :raises FatalError: the sandbox is gone, broken or not a Runtime API
        """
        reply = self.connection.exchange(self._next)
        if reply.status != 200:
            raise _fatal_error("GET invocation/next", reply)
        return Invocation(reply.headers, reply.body)

    def respond(self, invocation: Invocation, body: bytes, content_type: str) -> None:
        """Answer an invocation.

        :raises FatalError: as next()
        """
        # It may come from a marshaller of the function's own.
        content_type = safe_value(content_type)
        self._post_answer(invocation, "response", f"Content-Type: {content_type}\r\n", body)

    def fail(self, invocation: Invocation, report: "Report") -> None:
        """Report that an invocation failed.

        :raises FatalError: as next()
        """
        body = self.marshaller.dumps(report.fields(invocation.request_id))
        headers = (
            "Content-Type: application/json\r\n"
            f"{_error_type_header(report.header_type)}{_xray_header(report)}"
        )
        self._post_answer(invocation, "error", headers, body)

    def stream(
        self,
        invocation: Invocation,
        stream: "Stream",
        make_report: "Callable[[BaseException], Report]",
    ) -> None:
        """Answer an invocation piece by piece, each sent as soon as the handler yields it.

        What the handler raises now can no longer be an error answer; trailers report it. When
        the peer goes away the handler's generator is closed and the loop goes on.

        :param make_report: makes the report of an exception that the handler raised
        :raises FatalError: as next()
        """
        answer = self.begin_stream(invocation, stream, make_report)
        try:
            error = answer.send()
            self.end_stream(invocation, answer, None if error is None else make_report(error))
        finally:
            answer.close()

    def begin_stream(
        self,
        invocation: Invocation,
        stream: "Stream",
        make_report: "Callable[[BaseException], Report]",
    ) -> "StreamedAnswer":
        """Return a streamed answer of which nothing has been sent; end_stream() ends it.

        :raises FatalError: as next()
        """
        from .streamed_answer import StreamedAnswer
        from .streaming import MODE, TRAILERS

        path = f"invocation/{request_id_path(invocation.request_id)}/response"
        content_type = safe_value(stream.content_type)  # it may be the handler's own
        head = (
            f"POST {_API}{path}{self._common}Content-Type: {content_type}\r\n{MODE}"
            f"{_invocation_id_header(invocation)}Transfer-Encoding: chunked\r\n"
            f"Trailer: {', '.join(TRAILERS)}\r\n\r\n"
        )
        upload = self.connection.upload(head.encode("utf-8", "surrogateescape"))
        return StreamedAnswer(self.connection, upload, stream, make_report)

    def end_stream(
        self, invocation: Invocation, answer: "StreamedAnswer", report: "Report | None"
    ) -> None:
        """Send the end of a streamed answer, with trailers if the handler failed.

        :raises FatalError: as next()
        """
        ended = answer.finish(report, self.marshaller, invocation.request_id)
        if ended.abort_reason:
            self.log_to_operator(
                f"the peer {ended.abort_reason} the {ended.what}; the handler's generator was "
                "closed."
            )
        if ended.reply is not None and not _is_accepted(ended.reply):
            self._handle_refusal(ended.reply, ended.what)

    def init_error(self, report: "Report") -> None:
        """Report that the function could not be loaded; the process must exit next.

        :raises FatalError: as next()
        """
        self._report_init_error("init/error", report, report.header_type)

    def before_snapshot_error(self, report: "Report") -> None:
        """Report that a before-snapshot hook failed; the process must exit next.

        :raises FatalError: as next()
        """
        self._report_init_error("init/error", report, BEFORE_SNAPSHOT_ERROR)

    def restore_next(self) -> None:
        """Wait until Lambda has restored this process from its snapshot.

        :raises FatalError: as next()
        """
        request = f"GET {_API}restore/next{self._common}\r\n".encode()
        reply = self.connection.exchange(request)
        if reply.status != 200:
            raise _fatal_error("GET restore/next", reply)
        # The connection was made before the snapshot; its peer may be another now.
        self.connection.retire()

    def restore_error(self, report: "Report") -> None:
        """Report that an after-restore hook failed; the process must exit next.

        :raises FatalError: as next()
        """
        self._report_init_error("restore/error", report, AFTER_RESTORE_ERROR)

    def _report_init_error(self, path: str, report: "Report", error_type: str) -> None:
        body = self.marshaller.dumps(report.fields())
        headers = f"Content-Type: application/json\r\n{_error_type_header(error_type)}"
        reply = self._post(path, headers, body)
        if not _is_accepted(reply):
            self.log_to_operator(
                f"the Runtime API answered {reply.status} to the report for {path}."
            )

    def _post_answer(self, invocation: Invocation, what: str, headers: str, body: bytes) -> None:
        request_id = invocation.request_id
        path = f"invocation/{request_id_path(request_id)}/{what}"
        reply = self._post(path, headers + _invocation_id_header(invocation), body)
        if not _is_accepted(reply):
            self._handle_refusal(reply, f"{what} of {len(body)} bytes to request {request_id}")

    def _handle_refusal(self, reply: Reply, what: str) -> None:
        """Log a refusal.

        :raises ContainerError: the Runtime API reports a container error
        """
        status = reply.status
        if status >= 500:
            raise _fatal_error(f"the {what}", reply)
        reason = _REFUSALS.get(status, f"answered with status {status}")
        if reply.repeated and status in (400, 403):
            arrived = "had arrived" if reply.heard else "may have arrived"
            reason += f" (the connection broke and it was sent twice: the first {arrived})"
        self.log_to_operator(f"the {what} was {reason}.")

    def _post(self, path: str, headers: str, body: bytes) -> Reply:
        head = f"POST {_API}{path}{self._common}{headers}Content-Length: {len(body)}\r\n\r\n"
        return self.connection.exchange(head.encode("utf-8", "surrogateescape"), body)


def _is_accepted(reply: Reply) -> bool:
    """Lambda answers 202; other servers of this protocol answer 200 or 204, and mean the same."""
    return 200 <= reply.status < 300


def request_id_path(request_id: str) -> str:
    """Return the request id as one path segment, percent-encoded (RFC 3986 section 2.1).

    >>> request_id_path("a/b c")
    'a%2Fb%20c'
    """
    if request_id.replace("-", "").isalnum() and request_id.isascii():
        return request_id
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    raw = request_id.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in raw)


def _invocation_id_header(invocation: Invocation) -> str:
    if invocation.invocation_id is None:
        return ""
    return f"Lambda-Runtime-Invocation-Id: {safe_value(invocation.invocation_id)}\r\n"


def _error_type_header(name: str) -> str:
    return f"Lambda-Runtime-Function-Error-Type: {name}\r\n"


def _xray_header(report: "Report") -> str:
    try:
        # Escaped ASCII whatever the environment: a header carries nothing else safely.
        cause = str(report.xray_json(Marshaller(ensure_ascii=True).dumps), "ascii")
    except Exception:
        # It is an addition for X-Ray; the report itself goes without it.
        return ""
    return f"Lambda-Runtime-Function-XRay-Error-Cause: {cause}\r\n" if cause else ""


def _fatal_error(call: str, reply: Reply) -> ContainerError | RemoteProtocolError:
    text = bytes(reply.body[:200]).decode("utf-8", "replace")
    message = f"the Runtime API answered {reply.status} to {call}: {text!r}."
    if reply.status >= 500:
        return ContainerError(message)
    return RemoteProtocolError(message)
