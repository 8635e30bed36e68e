"""One recorded request, byte for byte; it is filled while it arrives."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from functools import cached_property

from tests.support.route import Route, find_route


class State(enum.Enum):
    """How much of a request has arrived."""

    ARRIVING = "arriving"
    COMPLETE = "complete"
    BROKEN = "the client closed the connection, or sent no HTTP"


@dataclass
class Request:
    """What a client sent.

    `head` is the request line and headers with the empty line. `raw_body` is the body as on
    the wire, with chunk framing and trailers; `body` is without; `chunks` are the decoded
    chunks. `index` counts requests in order of arrival, `connection` counts connections.
    """

    index: int
    connection: int
    head: bytes
    raw_body: bytearray = field(default_factory=bytearray)
    chunks: list[bytes] = field(default_factory=list)
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    state: State = State.ARRIVING

    @cached_property
    def line(self) -> bytes:
        """The request line."""
        return self.head.split(b"\r\n", 1)[0]

    @cached_property
    def method(self) -> str:
        """GET or POST."""
        return self.line.split(b" ")[0].decode("latin-1")

    @cached_property
    def target(self) -> str:
        """The path exactly as sent, percent-encoding included."""
        return self.line.split(b" ")[1].decode("latin-1")

    @cached_property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Name and value in order, with the letter case of the wire."""
        return parse_headers(self.head.split(b"\r\n")[1:])

    def header(self, name: str) -> bytes | None:
        """The value of a header in any letter case; an AssertionError if it was sent twice."""
        values = [value for key, value in self.headers if key.lower() == name.lower().encode()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    @cached_property
    def route(self) -> Route:
        """Which call of the Runtime API this is."""
        return find_route(self.method, self.target)[0]

    @cached_property
    def request_id(self) -> str:
        """The decoded request id in the path, or an empty text."""
        return find_route(self.method, self.target)[1]

    @property
    def body(self) -> bytes:
        """The body without framing, as far as it has arrived."""
        return b"".join(self.chunks) if self.is_chunked else bytes(self.raw_body)

    @cached_property
    def is_chunked(self) -> bool:
        """Whether the body came in chunks."""
        return (self.header("Transfer-Encoding") or b"").lower() == b"chunked"


def parse_headers(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Header lines as pairs; one optional space after the colon is not part of the value."""
    pairs = (line.split(b":", 1) for line in lines if line)
    return [(name, value.removeprefix(b" ")) for name, value in pairs]
