"""The reply parser: bytes in, a reply out; no socket anywhere."""

from __future__ import annotations

import pytest

from surefoot._runtime_api import http1
from surefoot._runtime_api.http1 import Reply, ReplyParser
from tests.support.framing import header_block

OK = b"HTTP/1.1 200 OK\r\n"


def whole(data: bytes) -> Reply:
    reply = ReplyParser().feed(data)
    assert reply is not None
    return reply


def test_a_reply_with_a_length() -> None:
    reply = whole(OK + b"Content-Length: 3\r\nX-Case: \t Kept \t\r\n\r\nabc")
    assert (reply.status, bytes(reply.body), reply.reusable) == (200, b"abc", True)
    assert reply.headers == {"content-length": "3", "x-case": "Kept"}
    assert not reply.repeated


def test_a_reply_in_chunks_with_extensions_and_trailers() -> None:
    data = (
        OK
        + b"transfer-encoding: Chunked\r\n\r\n"
        + b"3;x=1\r\nabc\r\n02 \r\nde\r\n0\r\nA: b\r\n\r\n"
    )
    assert bytes(whole(data).body) == b"abcde"


def test_the_last_of_two_equal_headers_wins() -> None:
    assert whole(OK + b"A: 1\r\na: 2\r\nContent-Length: 0\r\n\r\n").headers["a"] == "2"


def test_utf8_in_a_value_is_read_and_other_bytes_survive() -> None:
    reply = whole(OK + "A: é\r\n".encode() + b"B: \xff\r\nContent-Length: 0\r\n\r\n")
    assert (reply.headers["a"], reply.headers["b"]) == ("é", "\udcff")


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_a_reply_that_never_has_a_body(status: bytes) -> None:
    assert whole(b"HTTP/1.1 " + status + b"\r\n\r\n").body == b""


@pytest.mark.parametrize("size", [1, 1000])
def test_a_length_gives_such_a_reply_no_body_either(size: int) -> None:
    data = b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc"
    parser = ReplyParser()
    for position in range(0, len(data), size):
        if (reply := parser.feed(data[position : position + size])) is not None:
            break
    assert reply is not None
    # What follows may be its body all the same: the connection cannot be trusted.
    assert (reply.body, reply.reusable) == (b"", False)


def test_two_equal_lengths_are_one() -> None:
    assert whole(OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx").body == b"x"


def test_announcements_are_skipped() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    parser = ReplyParser()
    assert parser.feed(early) is None
    assert parser.idle
    reply = parser.feed(OK + b"Content-Length: 0\r\n\r\n")
    assert reply is not None
    assert (reply.status, "link" in reply.headers) == (200, False)


@pytest.mark.parametrize(
    ("line", "header", "reusable"),
    [
        (b"HTTP/1.1 200 OK", b"", True),
        (b"HTTP/1.1 200 OK", b"Connection: keep-alive\r\n", True),
        (b"HTTP/1.1 200 OK", b"Connection: Close\r\n", False),
        (b"HTTP/1.0 200 OK", b"", False),
        (b"HTTP/1.0 200 OK", b"Connection: keep-alive\r\n", True),
    ],
)
def test_when_the_connection_stays(line: bytes, header: bytes, reusable: bool) -> None:
    data = line + b"\r\n" + header + b"Content-Length: 1\r\n\r\nx"
    assert whole(data).reusable is reusable
    parser = ReplyParser()
    for position in range(len(data) - 1):
        assert parser.feed(data[position : position + 1]) is None
    slow = parser.feed(b"x")
    assert slow is not None
    assert slow.reusable is reusable


def test_bytes_after_a_reply_make_the_connection_unfit() -> None:
    for framing in (b"Content-Length: 0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
        assert not whole(OK + framing + b"H").reusable


def test_without_a_length_the_body_ends_with_the_connection() -> None:
    parser = ReplyParser()
    assert parser.feed(OK + b"\r\nab") is None
    assert parser.feed(b"c") is None
    reply = parser.eof()
    assert reply is not None
    assert (reply.body, reply.reusable) == (b"abc", False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTT",
        OK + b"Content-Length: 3\r\n\r\nab",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_an_end_in_the_middle_is_no_reply(data: bytes) -> None:
    parser = ReplyParser()
    assert parser.feed(data) is None
    assert parser.eof() is None


def test_a_parser_is_ready_for_the_next_reply() -> None:
    parser = ReplyParser()
    for body in (b"one", b"two"):
        assert parser.idle
        assert parser.feed(OK + b"Content-Length: 3\r\n\r\n") is None
        assert (parser.idle, parser.get_buffer()) == (False, None)
        reply = parser.feed(body)
        assert reply is not None
        assert reply.body == body


def test_a_reset_parser_has_forgotten_everything() -> None:
    parser = ReplyParser()
    parser.feed(OK + b"A: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab")
    parser.reset()
    assert parser.idle
    reply = parser.feed(OK + b"Content-Length: 0\r\n\r\n")
    assert reply is not None
    assert reply.headers == {"content-length": "0"}


def test_a_large_body_is_received_where_it_stays() -> None:
    body = bytes(range(256)) * (http1.ZERO_COPY_THRESHOLD // 128)
    parser = ReplyParser()
    assert parser.get_buffer() is None
    head = header_block("HTTP/1.1 200 OK", [("Content-Length", str(len(body)))])
    assert parser.feed(head + body[:100]) is None
    taken = 100
    reply = None
    while reply is None:
        window = parser.get_buffer()
        assert window is not None
        assert len(window) == len(body) - taken
        count = min(len(window), 50_000)
        window[:count] = body[taken : taken + count]
        taken += count
        reply = parser.buffer_updated(count)
    assert (bytes(reply.body), taken, reply.reusable) == (body, len(body), True)
    assert parser.get_buffer() is None


def test_a_large_body_whose_connection_is_to_close_is_not_reusable() -> None:
    length = http1.ZERO_COPY_THRESHOLD + 1
    parser = ReplyParser()
    parser.feed(OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % length)
    reply = parser.buffer_updated(length)
    assert reply is not None
    assert not reply.reusable
