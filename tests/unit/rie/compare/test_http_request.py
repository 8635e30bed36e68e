"""The request reader, however the bytes are cut."""

from __future__ import annotations

import pytest

from rie.compare.http_request import Request, RequestReader

COUNTED = b"POST /a HTTP/1.1\r\nContent-Length: 5\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\nhello"
CHUNKED = (
    b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n"
    b"3\r\nabc\r\n2;extension\r\nde\r\n0\r\nA: late\r\n\r\n"
)
PLAIN_END = b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
NO_BODY = b"GET /d HTTP/1.1\r\n\r\n"


def read(data: bytes, step: int) -> list[Request]:
    reader = RequestReader()
    found = []
    for start in range(0, len(data), step):
        reader.feed(data[start : start + step])
        while (request := reader.take()) is not None:
            found.append(request)
    return found


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_requests_come_whole_in_pieces_of_any_size(step: int) -> None:
    counted, chunked, plain, bare = read(COUNTED + CHUNKED + PLAIN_END + NO_BODY, step)
    assert (counted.method, counted.target, counted.body) == ("POST", "/a", b"hello")
    assert len(counted.headers["x-long"]) == 70_000
    assert (chunked.body, chunked.trailers) == (b"abcde", {"a": "late"})
    assert (plain.body, plain.trailers) == (b"x", {})
    assert (bare.method, bare.body) == ("GET", b"")


def test_a_client_that_waits_gets_one_100_continue() -> None:
    reader = RequestReader()
    reader.feed(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert reader.take() is None
    assert reader.wants_continue()
    assert not reader.wants_continue()
    reader.feed(b"ok")
    request = reader.take()
    assert request is not None
    assert request.body == b"ok"


def test_broken_framing_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 1 << 20)
