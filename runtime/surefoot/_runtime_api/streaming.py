"""Streamed responses: what a handler may yield, and how it looks on the wire.

Sans-I/O: iterators in, bytes out. The framing is HTTP/1.1 chunks (RFC 9112 section 7.1); how a
prelude and an error after the first byte are sent is in the AWS Lambda Developer Guide, "Response
streaming for custom runtimes".
"""

from binascii import b2a_base64

from ..errors import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from .._payload.marshaller import Marshaller
    from .error_report import Report

STREAM_ERROR = "Function.StreamError"
MODE = "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
TRAILERS = ("Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body")
BYTES_TYPE = "application/octet-stream"
TEXT_TYPE = "text/plain; charset=utf-8"
HTTP_TYPE = "application/vnd.awslambda.http-integration-response"
# Ends the prelude; Lambda looks for it within the first 16 KB of the body.
DELIMITER = bytes(8)
MAX_PRELUDE = 16 * 1024 - len(DELIMITER)
END = b"0\r\n"


class HttpPrelude:
    """Status, headers and cookies of a streamed HTTP response: the first thing that is yielded.

    >>> def handler(event, context):
    ...     yield HttpPrelude(404, {"Content-Type": "text/plain"})
    ...     yield "no such page"

    A header's value may be a list, for a header that is sent several times. Lambda takes a prelude
    from function URLs with InvokeMode RESPONSE_STREAM, and API Gateway in streaming mode.
    """

    __slots__ = ("cookies", "headers", "status")

    def __init__(
        self,
        status: int = 200,
        headers: "Mapping[str, str | Sequence[str]] | None" = None,
        cookies: "Sequence[str] | None" = None,
    ) -> None:
        """Describe the response.

        :param status: HTTP status code, 100 to 599
        :param headers: values by name; a list of values is sent as that many headers
        :param cookies: Set-Cookie values, one string a cookie
        :raises ValueError: the status is not an HTTP status
        """
        if not 100 <= status <= 599:
            raise ValueError(f"status {status!r} is not an HTTP status; use 100 to 599.")
        self.status = status
        self.headers = dict(headers or {})
        self.cookies = list(cookies or ())

    def fields(self) -> "dict[str, Any]":
        """Return the prelude's JSON fields."""
        fields: dict[str, Any] = {"statusCode": self.status}
        single = {name: v for name, v in self.headers.items() if isinstance(v, str)}
        several = {name: list(v) for name, v in self.headers.items() if not isinstance(v, str)}
        if single:
            fields["headers"] = single
        if several:
            fields["multiValueHeaders"] = several
        if self.cookies:
            fields["cookies"] = self.cookies
        return fields


class ContentType(str):
    r"""The content type of a streamed response that has no HttpPrelude: the first thing yielded.

    >>> def handler(event, context):
    ...     yield ContentType("text/csv")
    ...     yield "id,name\n"

    Without it a stream that begins with text is text/plain in UTF-8, and one that begins with bytes
    application/octet-stream.
    """

    __slots__ = ()


class Stream:
    """A response that its iterator is still producing.

    Making one runs the handler up to its first byte, so that whatever fails before is an ordinary
    error. Then ``content_type`` is known and iterating gives the pieces, none of them empty.
    """

    def __init__(self, source: "Iterator[Any]", marshaller: "Marshaller") -> None:
        """Run the handler up to its first byte.

        :raises BaseException: whatever the handler raises before it
        """
        self.source = source
        self.content_type = BYTES_TYPE
        self._first = b""
        try:
            first = next(source, b"")
            if isinstance(first, HttpPrelude):
                self.content_type = HTTP_TYPE
                self._first = _prelude(first, marshaller)
            elif isinstance(first, ContentType):
                self.content_type = str(first)
                self._first = self._next()
            else:
                self._first = piece(first) or self._next()
                if isinstance(first, str):
                    self.content_type = TEXT_TYPE
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> "Iterator[bytes]":
        data = self._first
        while data:
            yield data
            data = self._next()

    def close(self) -> None:
        """Close the handler's generator, so that its ``finally`` runs."""
        close = getattr(self.source, "close", None)
        if close is not None:
            close()

    def _next(self) -> bytes:
        for value in self.source:
            data = piece(value)
            if data:
                return data
        return b""


def piece(value: object) -> bytes:
    """Return what a handler yielded as bytes; text is UTF-8.

    :raises Fault: Function.StreamError, it is neither text nor bytes
    """
    if isinstance(value, str) and not isinstance(value, ContentType):
        return value.encode("utf-8", "backslashreplace")
    if isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    name = type(value).__name__
    remedy = (
        f"{name} goes first, before any text."
        if isinstance(value, HttpPrelude | ContentType)
        else "yield str or bytes; for JSON, yield json.dumps(...)."
    )
    raise Fault(STREAM_ERROR, f"a streaming handler yielded {name}: {remedy}")


def chunk(data: bytes) -> bytes:
    """Return one piece in chunked framing."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def trailers(report: "Report", body: bytes) -> bytes:
    """Return the trailers that tell of an error after the first byte.

    :param body: the error JSON, which travels in base64
    """
    kind, value = TRAILERS
    encoded = b2a_base64(body, newline=False)
    return b"%b: %b\r\n%b: %b\r\n" % (
        kind.encode(),
        report.header_type.encode(),
        value.encode(),
        encoded,
    )


def _prelude(prelude: HttpPrelude, marshaller: "Marshaller") -> bytes:
    text = marshaller.dumps(prelude.fields())
    if len(text) > MAX_PRELUDE:
        raise Fault(
            STREAM_ERROR,
            f"the HTTP prelude is {len(text)} bytes long; Lambda reads {MAX_PRELUDE} at most.",
        )
    return text + DELIMITER
