from __future__ import annotations

import pytest

from surefoot_tools.profile.http_messages import Request, RequestParser, reply

GET = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /answer HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /answer HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
    b"2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\nX: why\r\n\r\n"
)


def feed(*parts: bytes) -> list[Request]:
    parser = RequestParser()
    return [each for at, part in enumerate(parts, 1) for each in parser.feed(part, at)]


def test_requests_follow_each_other_on_one_connection() -> None:
    first, second = feed(GET + POST)
    assert (first.method, first.path, first.headers) == ("GET", "/next", {"host": "x"})
    assert (second.method, second.body) == ("POST", b"hello")


@pytest.mark.parametrize("whole", [GET, POST, CHUNKED])
def test_a_request_may_come_byte_by_byte(whole: bytes) -> None:
    (slow,) = feed(*(bytes([byte]) for byte in whole))
    (fast,) = feed(whole)
    assert (slow.method, slow.headers, slow.body) == (fast.method, fast.headers, fast.body)
    assert slow.trailers == fast.trailers
    assert slow.end_ns == len(whole)


def test_chunks_and_trailers_are_taken_apart() -> None:
    (request,) = feed(CHUNKED)
    assert request.body == b"hello"
    assert request.trailers == {"x": "why"}


def test_the_first_byte_of_a_streamed_body_has_a_time_of_its_own() -> None:
    head, body = CHUNKED.split(b"\r\n\r\n", 1)
    (request,) = feed(head + b"\r\n\r\n", b"2\r\nhe\r\n", body.removeprefix(b"2\r\nhe\r\n"))
    assert (request.begun_ns, request.first_byte_ns, request.end_ns) == (1, 2, 3)


def test_a_reply_says_how_long_it_is() -> None:
    assert reply("200 OK", b"ab", {"A": "b"}) == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nab"
    )
