"""The reply parser: bytes in, a reply out; no socket anywhere."""

from __future__ import annotations

import pytest

from surefoot._runtime_api import http1
from surefoot._runtime_api.http1 import Reply, ReplyParser, parse_head
from surefoot.errors import RemoteProtocolError
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
        count = min(len(window), 5_000)
        window[:count] = body[taken : taken + count]
        taken += count
        reply = parser.buffer_updated(count)
    assert (bytes(reply.body), taken, reply.reusable) == (body, len(body), True)
    assert parser.get_buffer() is None


def test_an_acknowledgement_that_repeats_is_the_same_reply() -> None:
    parser = ReplyParser()
    first = parser.feed(USUAL)
    second = parser.feed(USUAL)
    assert first is not None
    assert second is not None
    seen = (second.status, second.headers, second.body, second.reusable)
    assert seen == (first.status, first.headers, first.body, True)
    assert first is not second


def test_an_acknowledgement_that_ends_the_connection_does_so_each_time() -> None:
    parser = ReplyParser()
    closing = USUAL.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    replies = [parser.feed(closing) for _ in range(2)]
    assert [each is not None and each.reusable for each in replies] == [False, False]


def test_usual_headers_whose_names_are_known_are_read_in_one_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = b"HTTP/1.1 200 OK\r\nX-Known:  a: b \r\nContent-Length:0"
    expected = parse_head(head)

    def refuse(_: object) -> dict[str, str]:
        raise AssertionError("read line by line")

    monkeypatch.setattr(http1, "_unusual_headers", refuse)
    assert parse_head(head) == expected == (200, {"x-known": "a: b", "content-length": "0"})


@pytest.mark.parametrize(("surplus", "reusable"), [(b"", True), (b"HTTP", False)])
def test_a_large_body_may_be_fed_in_place_of_received(surplus: bytes, reusable: bool) -> None:
    body = bytes(range(256)) * (http1.ZERO_COPY_THRESHOLD // 128)
    parser = ReplyParser()
    head = header_block("HTTP/1.1 413 No", [("Content-Length", str(len(body)))])
    pieces = [head + body[:100], body[100:5_000], body[5_000:-1]]
    assert [parser.feed(piece) for piece in pieces] == [None] * 3
    reply = parser.feed(body[-1:] + surplus)
    assert reply is not None
    assert (reply.status, bytes(reply.body), reply.reusable) == (413, body, reusable)
    assert parser.idle


def test_a_large_body_whose_connection_is_to_close_is_not_reusable() -> None:
    length = http1.ZERO_COPY_THRESHOLD + 1
    parser = ReplyParser()
    parser.feed(OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % length)
    reply = parser.buffer_updated(length)
    assert reply is not None
    assert not reply.reusable


KIB = 1024
MIB = 1024 * KIB
USUAL = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("status", [200, 202])
def test_a_usual_reply_in_one_piece_needs_no_state_machine(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(ReplyParser, "_advance", pytest.fail)
    reply = ReplyParser().feed(USUAL.replace(b"202", str(status).encode()))
    assert reply is not None
    assert (reply.status, reply.body, reply.reusable) == (status, b"ok", True)
    assert (reply.repeated, reply.heard) == (False, False)


def test_equal_heads_of_answers_to_answers_are_parsed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[bytes] = []

    def parse(head: bytes) -> tuple[int, dict[str, str]]:
        parsed.append(head)
        return parse_head(head)

    monkeypatch.setattr(http1, "parse_head", parse)
    parser = ReplyParser()
    other = USUAL.replace(b"Accepted", b"Taken")
    event = USUAL.replace(b"202", b"200")
    for data, count in ((USUAL, 1), (USUAL, 1), (other, 2), (other, 2), (event, 3), (event, 4)):
        reply = parser.feed(data)
        assert reply is not None
        assert (reply.status, reply.headers) == (int(data[9:12]), {"content-length": "2"})
        assert len(parsed) == count


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
)
def test_what_does_not_end_is_read_up_to_256_kib(before: bytes) -> None:
    parser = ReplyParser()
    start = before.partition(b"\r\n\r\n")[2].removeprefix(b"0\r\n") or before
    assert parser.feed(before) is None
    assert parser.feed(b"x" * (256 * KIB - len(start))) is None
    with pytest.raises(RemoteProtocolError):
        parser.feed(b"x")


@pytest.mark.parametrize(
    ("framing", "most", "more"),
    [
        (b"Content-Length: %b\r\n\r\n", b"134217728", b"134217729"),
        (b"Transfer-Encoding: chunked\r\n\r\n%b\r\n", b"8000000", b"8000001"),
        (b"Content-Length: %b\r\n\r\n", b"000000000000009", b"0000000000000009"),
        (b"Transfer-Encoding: chunked\r\n\r\n%b\r\n", b"000000000000009", b"0000000000000009"),
    ],
)
def test_a_body_of_up_to_128_mib_is_announced_in_up_to_15_digits(
    framing: bytes, most: bytes, more: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    assert ReplyParser().feed(head + framing % most) is None
    with pytest.raises(RemoteProtocolError):
        ReplyParser().feed(head + framing % more)


def test_a_body_that_ends_with_the_connection_has_the_same_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert http1.MAX_BODY == 128 * MIB
    monkeypatch.setattr(http1, "MAX_BODY", 10)
    parser = ReplyParser()
    assert parser.feed(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10) is None
    with pytest.raises(RemoteProtocolError, match="longer than 10 bytes"):
        parser.feed(b"x")


@pytest.mark.parametrize(
    ("length", "have", "direct"),
    [
        (16 * KIB, 0, False),
        (16 * KIB + 1, 0, True),
        (16 * KIB + 9, 9, False),
        (16 * KIB + 9, 8, True),
    ],
)
def test_more_than_16_kib_of_outstanding_body_are_received_in_place(
    length: int, have: int, direct: bool
) -> None:
    parser = ReplyParser()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    assert parser.feed(head + b"x" * have) is None
    window = parser.get_buffer()
    assert (window is not None) == direct
    assert window is None or len(window) == length - have


@pytest.mark.parametrize("status", [100, 199])
def test_what_only_announces_is_no_answer(status: int) -> None:
    reply = ReplyParser().feed(b"HTTP/1.1 %d X\r\n\r\n%b" % (status, USUAL))
    assert reply is not None
    assert (reply.status, reply.body) == (202, b"ok")


def test_chunks_are_as_long_as_their_hexadecimal_size_and_may_come_in_any_pieces() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    rest = b"10\r\n0123456789abcdef\r\nA\r\n0123456789\r\n0\r\nx\r\nlong: trailer\r\n\r\n"
    parser = ReplyParser()
    replies = [parser.feed(bytes([each])) for each in head + rest]
    assert set(replies[:-1]) == {None}
    reply = replies[-1]
    assert reply is not None
    assert (reply.body, reply.reusable) == (b"0123456789abcdef0123456789", True)


ODD = "y" * 79 + "zZ"


@pytest.mark.parametrize(
    "data",
    [
        f"{ODD}",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {ODD}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Length: {ODD}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{ODD}\r\n",
    ],
)
def test_80_characters_of_what_is_wrong_are_shown(data: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        ReplyParser().feed(data.encode())
    assert f"{'y' * 79}z'" in str(caught.value)


@pytest.mark.parametrize("data", [b"HTTP/2", b"HTTP/12", b"HTTP/1x", b"\r\n\r\n", b"\r\n"])
def test_what_cannot_become_a_reply_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        ReplyParser().feed(data)


def test_a_body_that_looks_like_a_reply_is_a_body() -> None:
    parser = ReplyParser()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(USUAL)
    assert parser.feed(head) is None
    reply = parser.feed(USUAL)
    assert reply is not None
    assert (reply.status, reply.body) == (200, USUAL)


def test_a_head_in_two_pieces_is_one_head() -> None:
    parser = ReplyParser()
    assert parser.feed(USUAL[:20]) is None
    reply = parser.feed(USUAL[20:])
    assert reply is not None
    assert (reply.status, reply.body) == (202, b"ok")
