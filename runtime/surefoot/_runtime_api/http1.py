"""HTTP/1.1 as the Runtime API speaks it: bytes in, bytes out, no I/O.

A reply is read by feeding :class:`ReplyParser` whatever arrived. Its states are a table; each state
is a method that consumes bytes and names the next state, or waits for more. What the peer does
wrong is RemoteProtocolError. Rules: RFC 9112 (message syntax), RFC 9110 section 15.2 (1xx).
"""

from ..errors import RemoteProtocolError

# Generous: the largest header Lambda documents, the client context, stays below 4 KB.
MAX_HEAD = 256 * 1024
# An event is 6 MB at most; a peer that announces more than this is broken, and believing it could
# only end in a MemoryError.
MAX_BODY = 128 * 1024 * 1024
# Where a reply begins, its head and most bodies fit; each page of it is one that a start touches.
RECV_BYTES = 16 * 1024
# Beyond this much outstanding body, the transport receives straight into the final buffer.
ZERO_COPY_THRESHOLD = RECV_BYTES

# Complete replies with these statuses and a length need no state machine.
_USUAL = frozenset((200, 202))
_COMMON_STATUS_LINES = {"HTTP/1.1 200": 200, "HTTP/1.1 202": 202}
# Names of headers as they were sent, in lower case; that many at most, of that length.
_names: dict[str, str] = {}
_MAX_NAMES = 64
_HEX = frozenset(b"0123456789abcdefABCDEF")


class Reply:
    """A complete reply: status, headers (last value wins) by lower-case name, and the body.

    ``reusable``: the connection may carry another exchange; ``repeated``: the request was sent
    whole more than once; ``heard``: a part of a reply had come before.
    """

    __slots__ = ("body", "headers", "heard", "repeated", "reusable", "status")

    def __init__(
        self, status: int, headers: dict[str, str], body: bytes | bytearray, reusable: bool
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.reusable = reusable
        self.repeated = False
        self.heard = False


def _closing(headers: dict[str, str]) -> bool:
    return headers.get("connection", "").lower() == "close"


class ReplyParser:
    """Turns received bytes into one reply.

    Feed until a Reply comes back; then the parser is ready for the next reply.
    """

    __slots__ = (
        "_buffer",
        "_cached_body",
        "_cached_data",
        "_cached_headers",
        "_filled",
        "_headers",
        "_left",
        "_parts",
        "_state",
        "_status",
        "received",
    )

    def __init__(self) -> None:
        # Where the transport receives what is then fed. One for all replies: a buffer for each that
        # shrinks to what came leaves the heap in pieces, 10 bytes of memory for each invocation.
        self.received = memoryview(bytearray(RECV_BYTES))
        self._cached_data: bytes | None = None
        self._cached_headers: dict[str, str] = {}
        self._cached_body = b""
        self.reset()

    def reset(self) -> None:
        """Forget everything received so far."""
        self._buffer = bytearray()
        self._state = "head"
        self._status = 0
        self._headers: dict[str, str] = {}
        self._parts = bytearray()
        self._filled = 0
        self._left = 0

    @property
    def idle(self) -> bool:
        """True before the first byte of a reply."""
        return self._state == "head" and not self._buffer

    def feed(self, data: bytes) -> Reply | None:
        """Take received bytes; return the reply once it is complete.

        :raises RemoteProtocolError: the bytes are not an HTTP/1.1 reply
        """
        # Nearly every reply arrives whole in one piece; that one skips the state machine.
        if self._state == "head" and not self._buffer:
            # Answers to answers are alike, for a second at least: parse each once.
            if data == self._cached_data:
                return Reply(202, self._cached_headers, self._cached_body, True)
            head, end, body = data.partition(b"\r\n\r\n")
            if end and head:
                status, headers = parse_head(head)
                if (
                    status in _USUAL
                    and headers.get("content-length") == str(len(body))
                    and "transfer-encoding" not in headers
                ):
                    reusable = "connection" not in headers or not _closing(headers)
                    if status == 202 and reusable:
                        self._cached_headers, self._cached_body = headers, body
                        self._cached_data = data
                    return Reply(status, headers, body, reusable)
        self._buffer += data
        return self._advance()

    def eof(self) -> Reply | None:
        """The peer closed: return the reply that this completes, if any (RFC 9112 section 6.3)."""
        if self._state == "until-close":
            return self._finish(bytes(self._buffer), reusable=False)
        return None

    def get_buffer(self) -> memoryview | None:
        """Where the transport may receive a large body straight into; None for ordinary feeding."""
        if self._state == "direct":
            return memoryview(self._parts)[self._filled :]
        return None

    def buffer_updated(self, count: int) -> Reply | None:
        """``count`` bytes were received into get_buffer(); return the reply once it is complete."""
        self._filled += count
        if self._filled < len(self._parts):
            return None
        return self._finish(self._parts, reusable=True)

    def _advance(self) -> Reply | None:
        while True:
            before = self._state
            reply = self._steps[before](self)
            if reply is not None:
                return reply
            if self._state == before:
                return None

    def _head(self) -> Reply | None:
        cut = self._buffer.find(b"\r\n\r\n")
        if cut < 0:
            start = bytes(self._buffer[:7])
            if not b"HTTP/1.".startswith(start) or len(self._buffer) > MAX_HEAD:
                raise RemoteProtocolError(
                    f"expected an HTTP/1.1 reply, got {bytes(self._buffer[:80])!r}."
                )
            return None
        self._status, self._headers = parse_head(bytes(self._buffer[:cut]))
        del self._buffer[: cut + 4]
        if self._status < 200:
            # 1xx announces, it does not answer: go on to the reply itself.
            self._state = "after-1xx"
            return None
        if self._status in (204, 304):
            # A length here is a lie, so what follows may be a body all the same.
            honest = not self._buffer and self._headers.get("content-length", "0") == "0"
            return self._finish(b"", reusable=honest)
        coding = self._headers.get("transfer-encoding")
        length = self._headers.get("content-length")
        if coding is not None:
            if coding.lower() != "chunked":
                raise RemoteProtocolError(f"unknown Transfer-Encoding {coding[:80]!r} in a reply.")
            self._state = "chunk-size"
        elif length is None:
            self._state = "until-close"
        elif (
            length.isdecimal() and length.isascii() and len(length) < 16 and int(length) <= MAX_BODY
        ):
            self._left = int(length)
            self._state = "length"
        else:
            raise RemoteProtocolError(
                f"Content-Length {length[:80]!r} in a reply is not a length up to {MAX_BODY}."
            )
        return None

    def _after_1xx(self) -> Reply | None:
        self._state = "head"
        return None

    def _length(self) -> Reply | None:
        have = len(self._buffer)
        if have >= self._left:
            body = bytes(self._buffer[: self._left])
            del self._buffer[: self._left]
            return self._finish(body, reusable=not self._buffer)
        if self._left - have > ZERO_COPY_THRESHOLD:
            self._parts = bytearray(self._left)
            self._parts[:have] = self._buffer
            self._buffer.clear()
            self._filled = have
            self._state = "direct"
        return None

    def _direct(self) -> Reply | None:
        """Take what was fed although there was a buffer to receive it into."""
        fed = self._buffer[: len(self._parts) - self._filled]
        self._parts[self._filled : self._filled + len(fed)] = fed
        del self._buffer[: len(fed)]
        self._filled += len(fed)
        if self._filled < len(self._parts):
            return None
        return self._finish(self._parts, reusable=not self._buffer)

    def _wait(self) -> Reply | None:
        if len(self._buffer) > MAX_BODY:
            raise RemoteProtocolError(f"the body of a reply is longer than {MAX_BODY} bytes.")
        return None

    def _chunk_size(self) -> Reply | None:
        cut = self._buffer.find(b"\r\n")
        if cut < 0:
            if len(self._buffer) > MAX_HEAD:
                raise RemoteProtocolError("a chunk size in a reply does not end.")
            return None
        size = bytes(self._buffer[:cut]).partition(b";")[0].strip(b" \t")
        if not size or len(size) > 15 or not _HEX.issuperset(size):
            raise RemoteProtocolError(f"chunk size {size[:80]!r} in a reply is not a number.")
        del self._buffer[: cut + 2]
        self._left = int(size, 16)
        if len(self._parts) + self._left > MAX_BODY:
            raise RemoteProtocolError(f"the body of a reply is longer than {MAX_BODY} bytes.")
        self._state = "chunk-data" if self._left else "trailers"
        return None

    def _chunk_data(self) -> Reply | None:
        if len(self._buffer) < self._left + 2:
            return None
        if self._buffer[self._left : self._left + 2] != b"\r\n":
            raise RemoteProtocolError("a chunk in a reply is longer than announced.")
        self._parts += memoryview(self._buffer)[: self._left]
        del self._buffer[: self._left + 2]
        self._state = "chunk-size"
        return None

    def _trailers(self) -> Reply | None:
        # Trailers mean nothing in this API; they only have to end.
        cut = self._buffer.find(b"\r\n")
        while cut > 0:
            del self._buffer[: cut + 2]
            cut = self._buffer.find(b"\r\n")
        if cut == 0:
            del self._buffer[:2]
            return self._finish(self._parts, reusable=not self._buffer)
        if len(self._buffer) > MAX_HEAD:
            raise RemoteProtocolError("the trailers of a reply do not end.")
        return None

    def _finish(self, body: bytes | bytearray, reusable: bool) -> Reply:
        reply = Reply(self._status, self._headers, body, reusable and not _closing(self._headers))
        self.reset()
        return reply

    _steps = {  # noqa: RUF012  (a table, never changed)
        "head": _head,
        "after-1xx": _after_1xx,
        "length": _length,
        "direct": _direct,
        "until-close": _wait,
        "chunk-size": _chunk_size,
        "chunk-data": _chunk_data,
        "trailers": _trailers,
    }


def safe_value(value: str) -> str:
    r"""Return a field value without line ends and NUL, each replaced by a blank (RFC 9110 5.5).

    Kept, they would end the header where it is sent on, and begin another.

    >>> safe_value("a\r\nX-Evil: 1")
    'a  X-Evil: 1'
    """
    if value.isprintable():
        return value
    return value.replace("\r", " ").replace("\n", " ").replace("\0", " ")


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return status and headers of a reply's head (without the empty line).

    :raises RemoteProtocolError: no status line, a folded or nameless header, two different lengths
    """
    # Values may carry UTF-8 (the client context does); odd bytes survive as surrogates.
    lines = str(head, "utf-8", "surrogateescape").split("\r\n")
    status_line = lines[0]
    status = _COMMON_STATUS_LINES.get(status_line[:12]) or _parse_status_line(status_line)
    del lines[0]
    headers = _headers(lines)
    # HTTP/1.0 peers close after each reply unless they say otherwise.
    if status_line[7] == "0":
        headers.setdefault("connection", "close")
    return status, headers


def _parse_status_line(line: str) -> int:
    code = line[9:12]
    if not (line.startswith("HTTP/1.") and _is_status(code)):
        raise RemoteProtocolError(f"expected an HTTP/1.1 reply, got {line[:80]!r}.")
    return int(code)


def _headers(lines: list[str]) -> dict[str, str]:
    # Asked once of all lines: hardly ever is there a tab, or a character that has no place here.
    if "".join(lines).isprintable():
        headers: dict[str, str] = {}
        try:
            for line in lines:
                name, value = line.split(":", 1)
                headers[_names[name]] = value.strip(" ")
        except (KeyError, ValueError):
            pass  # a name that is new, or a line that is none
        else:
            if len(headers) == len(lines):
                return headers
    return _unusual_headers(lines)


def _unusual_headers(lines: list[str]) -> dict[str, str]:
    """Return the headers, with names that are new, odd characters, faults, or one header twice."""
    headers: dict[str, str] = {}
    for line in lines:
        sent_name, colon, value = line.partition(":")
        if not colon:
            raise _malformed_line(line)
        name = _names.get(sent_name) or _field_name(sent_name, line)
        value = safe_value(value).strip(" \t")
        if name in headers and name == "content-length" and headers[name] != value:
            raise RemoteProtocolError("a reply carries two different Content-Length headers.")
        headers[name] = value
    return headers


def _field_name(name: str, line: str) -> str:
    """Return a header's name in lower case; keep it, since the next replies bear the same."""
    if not name:
        raise _malformed_line(line)
    if " " in name or not name.isprintable():
        # A folded line, and a blank before the colon: RFC 9112 sections 5.2 and 5.1.
        raise RemoteProtocolError(f"malformed header name {name[:80]!r} in a reply.")
    lower = name.lower()
    if len(_names) < _MAX_NAMES and len(name) < _MAX_NAMES:
        _names[name] = lower
    return lower


def _malformed_line(line: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"malformed header line {line[:80]!r} in a reply.")


def _is_status(code: str) -> bool:
    return len(code) == 3 and code.isascii() and code.isdecimal() and code[0] in "12345"
