"""A response that is sent while the handler still produces it: from its head to its end.

Two steps, so that what goes on around the handler can end between them, before the answer is
complete: Lambda may freeze the process as soon as it is. Loaded with the first stream.
"""

import sys

from .._process.ownership import is_owner
from ..errors import DeadlineExceeded
from .streaming import END, chunk, trailers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .._payload.marshaller import Marshaller
    from .error_report import Report
    from .http1 import Reply
    from .streaming import Stream
    from .transport import Connection, Upload


class StreamedAnswer:
    """One streamed answer; send() and finish() in this order, and close() whatever happens.

    What the handler raises can no longer be an error answer; trailers report it. When the peer goes
    away the handler's generator is closed.
    """

    def __init__(
        self,
        connection: "Connection",
        upload: "Upload",
        stream: "Stream",
        make_report: "Callable[[BaseException], Report]",
    ) -> None:
        """Prepare to send.

        :param upload: the begun request
        :param make_report: makes the report of an exception that the handler raised
        """
        self._connection = connection
        self._upload = upload
        self._stream = stream
        self._pieces = iter(stream)
        self._make_report = make_report
        self._late = False
        self._closed = False

    def send(self) -> BaseException | None:
        """Send each piece when the handler yields it; return what the handler raised, if it did.

        :raises SystemExit: in a child that the handler forked, like whatever it ends with
        """
        while self._upload.open:
            try:
                data = next(self._pieces, b"")
                if not is_owner():
                    sys.exit(0)
            except BaseException as error:
                if not is_owner():
                    raise
                return error
            if not data:
                break
            try:
                self._upload.send(chunk(data))
            except DeadlineExceeded as error:
                # Neither the rest of the piece nor trailers can follow any more.
                self._late = True
                return error
        return None

    def finish(self, report: "Report | None", marshaller: "Marshaller", request_id: str) -> "Ended":
        """Send the end, with trailers if there is a report; return how it ended."""
        ended = Ended(f"streamed response to request {request_id}")
        ending = END
        if report is not None:
            ending += trailers(report, marshaller.dumps(report.fields(request_id)))
        try:
            if self._late:
                ended.abort_reason = "did not read in time"
            else:
                whole = self._upload.open
                ended.reply = self._upload.finish(ending + b"\r\n")
                if ended.reply is None:
                    ended.abort_reason = "hung up on"
                elif not whole:
                    ended.abort_reason = f"answered {ended.reply.status} before the end of"
        except DeadlineExceeded as error:
            self._make_report(error)
            ended.abort_reason = "did not read in time"
        finally:
            self.close()
        return ended

    def close(self) -> None:
        """Let go of the connection and close the handler's generator, so that it cleans up."""
        if self._closed:
            return
        self._closed = True
        self._connection.retire()
        try:
            self._stream.close()
        except BaseException as error:
            if not is_owner():
                raise
            # The handler's own clean-up failed; that is for its log, and no reason to end.
            self._make_report(error)


class Ended:
    """How a streamed answer ended: the peer's reply, and why it was aborted, if it was."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.reply: Reply | None = None
        self.abort_reason = ""
