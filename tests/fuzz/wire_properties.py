"""What must hold for the wire parser whatever bytes come, in whatever pieces."""

from __future__ import annotations

from surefoot._runtime_api.http1 import Reply, ReplyParser
from surefoot.errors import RemoteProtocolError

SEEDS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nA: b\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\nbody",
    b"HTTP/1.0 500 Error\r\nA: \xc3\xa9\r\nA: \xff\r\nContent-Length: 1\r\n\r\nx",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\nx",
)
"""Replies to start from."""

WORDS = (
    b"HTTP/1.1 ",
    b"\r\n\r\n",
    b"Content-Length: ",
    b"Transfer-Encoding: chunked",
    b"0\r\n\r\n",
)
"""What a reply is made of, for the fuzzer's dictionary."""


def check(data: bytes) -> None:
    """The first byte says how the rest is cut: any cut gives what the whole gives.

    :raises AssertionError: it does not
    :raises Exception: the parser raised something else than RemoteProtocolError
    """
    size, rest = (data[0] or 1, data[1:]) if data else (1, b"")
    whole = parse([rest])
    cut = parse([rest[at : at + size] for at in range(0, len(rest), size)])
    assert whole == cut, f"whole: {whole!r:.300} in pieces of {size}: {cut!r:.300}"


def parse(parts: list[bytes]) -> tuple[object, ...] | str:
    """The first reply in the parts, or in a word why there is none.

    ``reusable`` is left out: whether bytes follow a reply shows only if they come along with it.
    """
    parser = ReplyParser()
    try:
        for part in parts:
            reply = _feed(parser, part)
            if reply is not None:
                return _facts(reply)
        reply = parser.eof()
    except RemoteProtocolError:
        return "refused"
    return "cut off" if reply is None else _facts(reply)


def _feed(parser: ReplyParser, part: bytes) -> Reply | None:
    """As the transport does it: a large body goes straight to where it stays."""
    window = parser.get_buffer()
    if window is None:
        return parser.feed(part)
    count = min(len(window), len(part))
    window[:count] = part[:count]
    return parser.buffer_updated(count)


def _facts(reply: Reply) -> tuple[object, ...]:
    return reply.status, reply.headers, bytes(reply.body)
