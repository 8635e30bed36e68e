"""The server's side of HTTP/1.1 without a socket: bytes in, whole requests out.

Not http.server, which refuses a header line over 64 KiB: awslambdaric sends longer X-Ray causes,
and Lambda takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_END = b"\r\n\r\n"


@dataclass
class Request:
    """A request: `headers` and `trailers` by name in lower case, `body` without its framing."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)


class RequestReader:
    """Collects the bytes of one connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._begun: Request | None = None
        self._chunks = bytearray()

    def feed(self, data: bytes) -> None:
        """Take in what arrived."""
        self._buffer += data

    def wants_continue(self) -> bool:
        """Whether a client waits for 100 Continue before it sends its body; true once."""
        request = self._begun
        return request is not None and request.headers.pop("expect", "") == "100-continue"

    def take(self) -> Request | None:
        """The next request, once all of it is there. Raises ValueError for broken framing."""
        if self._begun is None:
            head = self._upto(_END)
            if head is None:
                return None
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ", 2)
            self._begun = Request(method, target, _fields(lines))
        request = self._begun
        chunked = "chunked" in request.headers.get("transfer-encoding", "").lower()
        if not (self._read_chunks(request) if chunked else self._read_counted(request)):
            return None
        self._begun = None
        return request

    def _read_counted(self, request: Request) -> bool:
        length = int(request.headers.get("content-length", "0"))
        if len(self._buffer) < length:
            return False
        request.body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return True

    def _read_chunks(self, request: Request) -> bool:
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = int(self._buffer[:end].split(b";")[0], 16)
            if size == 0:
                return self._read_trailers(request, end)
            if len(self._buffer) < end + 2 + size + 2:
                return False
            self._chunks += self._buffer[end + 2 : end + 2 + size]
            del self._buffer[: end + 2 + size + 2]
        return False

    def _read_trailers(self, request: Request, end: int) -> bool:
        """The rest after the last chunk's size line, which ends at `end`."""
        stop = self._buffer.find(_END, end)  # without trailers this is the size line's own end
        if stop < 0:
            return False
        request.trailers = _fields(self._buffer[end + 2 : stop].decode("latin-1").split("\r\n"))
        request.body = bytes(self._chunks)
        self._chunks.clear()
        del self._buffer[: stop + len(_END)]
        return True

    def _upto(self, mark: bytes) -> bytes | None:
        end = self._buffer.find(mark)
        if end < 0:
            return None
        data = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return data


def _fields(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
