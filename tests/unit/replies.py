"""Strategies for replies, as bytes and as what they mean."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.support.framing import chunked, header_block, split

_TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-", min_size=1, max_size=12)
# No line ends and no NUL; blanks around a value are not part of it.
_VALUE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20)
_FRAMING = ("content-length", "transfer-encoding", "connection")


@dataclass(frozen=True)
class Message:
    """A reply on the wire and what a parser must make of it."""

    data: bytes
    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool
    """Whether the end of the body is the end of the connection."""


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Well-formed replies: 1xx before them, any framing, any headers."""
    # 204 and 304 have no body; they are tried by hand.
    status = draw(st.integers(200, 599).filter(lambda code: code not in {204, 304}))
    body = draw(st.binary(max_size=300))
    headers = draw(st.lists(st.tuples(_TOKEN, _VALUE), max_size=4))
    headers = [(name, value) for name, value in headers if name.lower() not in _FRAMING]
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    if framing == "length":
        headers.append(("Content-Length", str(len(body))))
        payload = body
    elif framing == "chunked":
        headers.append(("Transfer-Encoding", draw(st.sampled_from(["chunked", "Chunked"]))))
        sizes = draw(st.lists(st.integers(1, 200), min_size=1, max_size=4))
        trailers = draw(st.lists(st.tuples(_TOKEN, _TOKEN), max_size=2))
        extension = draw(st.sampled_from(["", ";a=1"]))
        payload = chunked(split(body, sizes), trailers, extension)
    else:
        payload = body
    before = draw(st.lists(st.sampled_from(["100 Continue", "103 Early Hints"]), max_size=2))
    early = b"".join(header_block(f"HTTP/1.1 {line}", [("X-Early", "1")]) for line in before)
    head = header_block(f"HTTP/1.1 {status} Any Reason", headers)
    meant = {name.lower(): value.strip(" \t") for name, value in headers}
    return Message(early + head + payload, status, meant, body, framing == "close")


@st.composite
def pieces(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The same bytes in any pieces."""
    cuts = sorted(draw(st.sets(st.integers(0, len(data)), max_size=12)))
    edges = [0, *cuts, len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges) if a < b]
