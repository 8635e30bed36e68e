"""The parser under generated replies: however they arrive, they mean the same."""

from __future__ import annotations

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from surefoot._runtime_api.http1 import Reply, ReplyParser
from surefoot.errors import RemoteProtocolError
from tests.support.framing import chunked, header_block, split
from tests.unit.replies import Message, messages, pieces


def parse(parts: list[bytes], end: bool = True, in_place: bool = True) -> Reply | None:
    """Feed the parts as the transport would, the window of a large body included.

    Without `in_place` nothing is received there, as while a request is being sent.
    """
    parser = ReplyParser()
    for part in parts:
        rest = part
        while in_place and (window := parser.get_buffer()) is not None and rest:
            count = min(len(window), len(rest))
            window[:count] = rest[:count]
            rest = rest[count:]
            if (reply := parser.buffer_updated(count)) is not None:
                return reply
        if rest and (reply := parser.feed(rest)) is not None:
            return reply
    return parser.eof() if end else None


def facts(reply: Reply | None) -> object:
    if reply is None:
        return None
    return reply.status, reply.headers, bytes(reply.body), reply.reusable


@given(messages())
def test_a_reply_means_what_was_sent(message: Message) -> None:
    seen = parse([message.data])
    expected = (message.status, message.headers, message.body, not message.closed)
    assert facts(seen) == expected


@given(messages())
def test_it_means_the_same_when_its_headers_are_known(message: Message) -> None:
    first = facts(parse([message.data]))
    assert facts(parse([message.data])) == first


@given(st.data())
def test_pieces_mean_what_the_whole_means(data: st.DataObject) -> None:
    message = data.draw(messages())
    parts = data.draw(pieces(message.data))
    assert facts(parse(parts)) == facts(parse([message.data]))


@given(st.data())
def test_a_reply_that_is_cut_is_none(data: st.DataObject) -> None:
    message = data.draw(messages().filter(lambda each: not each.closed))
    length = data.draw(st.integers(0, len(message.data) - 1))
    assert parse([message.data[:length]]) is None


@given(st.binary(min_size=1, max_size=200_000), st.lists(st.integers(1, 70_000), min_size=1))
def test_chunks_and_a_length_give_the_same_body(body: bytes, sizes: list[int]) -> None:
    length = header_block("HTTP/1.1 200 OK", [("Content-Length", str(len(body)))])
    chunks = header_block("HTTP/1.1 200 OK", [("Transfer-Encoding", "chunked")])
    counted = parse(split(length + body, sizes))
    fed = parse(split(length + body, sizes), in_place=False)
    in_chunks = parse(split(chunks + chunked(split(body, sizes)), sizes))
    assert counted is not None
    assert fed is not None
    assert in_chunks is not None
    assert bytes(counted.body) == bytes(fed.body) == bytes(in_chunks.body) == body


@given(st.binary(max_size=300))
@example(b"HTTP/1.1 200 OK\r\n\r\n")
def test_any_bytes_parse_wait_or_are_the_peers_fault(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        parse([data])


@given(st.data())
def test_any_damage_parses_waits_or_is_the_peers_fault(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(messages()).data)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        what = data.draw(
            st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b"0", b"\xff", b":", b"9" * 20])
        )
        damaged[position : position + data.draw(st.integers(0, 3))] = what
        if not damaged:
            return
    parts = data.draw(pieces(bytes(damaged)))
    with contextlib.suppress(RemoteProtocolError):
        parse(parts)
