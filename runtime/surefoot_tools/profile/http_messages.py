"""The few bits of HTTP/1.1 that a Runtime API needs: requests out of bytes, without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Request:
    """One request; times as given to feed()."""

    method: str
    path: str
    headers: dict[str, str]
    begun_ns: int
    body: bytes = b""
    first_byte_ns: int = 0
    """When the first byte of the body was there; of a request without one, its end."""
    end_ns: int = 0
    trailers: dict[str, str] = field(default_factory=dict)


class RequestParser:
    """Parses what one connection sends. Only our own client speaks here, so it is trusting."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._request: Request | None = None

    def feed(self, data: bytes, now_ns: int) -> Iterator[Request]:
        """Take bytes that have just come; yield the requests that they complete."""
        self._buffer += data
        while self._advance(now_ns):
            request, self._request = self._request, None
            assert request is not None  # noqa: S101  (for the type checker)
            request.first_byte_ns = request.first_byte_ns or now_ns
            request.end_ns = now_ns
            yield request

    def _advance(self, now_ns: int) -> bool:
        """Consume what can be consumed; whether a request is complete."""
        if self._request is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return False
            first, *lines = self._take(end, 4).split("\r\n")
            method, path, _ = first.split(" ")
            self._request = Request(method, path, _fields(lines), now_ns)
        request = self._request
        if request.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks(request, now_ns)
        length = int(request.headers.get("content-length", "0"))
        if self._buffer and length and not request.first_byte_ns:
            request.first_byte_ns = now_ns
        if len(self._buffer) < length:
            return False
        request.body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return True

    def _chunks(self, request: Request, now_ns: int) -> bool:
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = int(self._buffer[:end].partition(b";")[0], 16)
            if size:
                if len(self._buffer) < end + 2 + size + 2:
                    return False
                request.first_byte_ns = request.first_byte_ns or now_ns
                request.body += self._buffer[end + 2 : end + 2 + size]
                del self._buffer[: end + 2 + size + 2]
                continue
            # Trailers, if any, then an empty line.
            last = self._buffer.find(b"\r\n\r\n", end)
            if last < 0:
                return False
            request.trailers = _fields(self._take(last, 4).split("\r\n")[1:])
            return True
        return False

    def _take(self, end: int, mark: int) -> str:
        text = self._buffer[:end].decode("utf-8", "backslashreplace")
        del self._buffer[: end + mark]
        return text


def _fields(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def reply(status: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """Return a reply; ``status`` is the code with its reason."""
    fields = {**(headers or {}), "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body
