"""What the scripted Runtime API sends: bytes in pieces, and what happens to the connection."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from tests.support.framing import Header, chunked, header_block, split
from tests.support.gate import Gate


class Ending(enum.Enum):
    """What follows the last piece of a reply."""

    KEEP = "keep the connection open"
    CLOSE = "close it in order; what the client is still sending is read first"
    RESET = "reset it (RST)"


@dataclass(frozen=True)
class Reply:
    """One answer of the server.

    `pieces` leave in order, each with a send of its own. With a `gate`, every piece needs a
    permit. `after` makes the reply early: it leaves when that many bytes of the request's
    body (as on the wire) have arrived. `reading` delays reading the body, for back-pressure.
    """

    pieces: tuple[bytes, ...]
    ending: Ending = Ending.KEEP
    gate: Gate | None = None
    after: int | None = None
    reading: Gate | None = None

    @property
    def data(self) -> bytes:
        """All the bytes of the reply."""
        return b"".join(self.pieces)

    def dripped(self, size: int = 1, gate: Gate | None = None) -> Reply:
        """The same bytes, at most `size` at a time."""
        return replace(self, pieces=tuple(split(self.data, [size])), gate=gate)

    def cut(self, length: int, ending: Ending = Ending.RESET) -> Reply:
        """Only the first `length` bytes, then the `ending`."""
        return replace(self, pieces=(self.data[:length],), ending=ending)

    def early(self, after: int = 0) -> Reply:
        """The same reply, sent when `after` bytes of the body have arrived."""
        return replace(self, after=after)

    def ended(self, ending: Ending) -> Reply:
        """The same reply with another ending."""
        return replace(self, ending=ending)

    def preceded_by(self, data: bytes) -> Reply:
        """The same reply after other bytes, a 1xx answer for example."""
        return replace(self, pieces=(data, *self.pieces))


def reply(
    status: int = HTTPStatus.OK,
    headers: Iterable[Header] = (),
    body: bytes = b"",
    *,
    chunks: Sequence[int] | None = None,
) -> Reply:
    """A well-formed reply with Content-Length or, given the sizes of `chunks`, chunked."""
    line = f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}"
    if chunks is None:
        head = header_block(line, [*headers, ("Content-Length", str(len(body)))])
        return Reply((head + body,))
    head = header_block(line, [*headers, ("Transfer-Encoding", "chunked")])
    return Reply((head + chunked(split(body, chunks)),))


def status_reply(status: int, error_type: str = "") -> Reply:
    """The Runtime API's own JSON answer to a POST, for example 413 RequestEntityTooLarge."""
    body = b'{"errorType":"%s"}' % error_type.encode() if error_type else b'{"status":"OK"}\n'
    return reply(status, [("Content-Type", "application/json")], body)


ACCEPTED = status_reply(HTTPStatus.ACCEPTED)
INVALID_STATE = status_reply(HTTPStatus.FORBIDDEN, "InvalidStateTransition")
UNKNOWN = status_reply(HTTPStatus.NOT_FOUND, "UnknownPath")
