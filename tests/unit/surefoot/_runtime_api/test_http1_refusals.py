"""What the reply parser refuses: bytes that break HTTP/1.1, or are absurd."""

from __future__ import annotations

import pytest

from surefoot._runtime_api import http1
from surefoot._runtime_api.http1 import ReplyParser
from surefoot.errors import RemoteProtocolError
from tests.support.framing import chunked

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"x",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 ٢٠٠ OK\r\n\r\n".encode(),
        b"GET / HTTP/1.1\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b": no name\r\n\r\n",
        OK + b"A: 1\r\n folded\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 1, 1\r\n\r\n",
        OK + b"Content-Length: \r\n\r\n",
        OK + b"Content-Length: 0x10\r\n\r\n",
        OK + "Content-Length: ٣\r\n\r\n".encode(),
        OK + b"Content-Length: %d\r\n\r\n" % (http1.MAX_BODY + 1),
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 16 + b"\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (http1.MAX_BODY + 1),
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc",
        OK + b"A: " + b"x" * http1.MAX_HEAD,
        OK + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * http1.MAX_HEAD,
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"x" * http1.MAX_HEAD + b"x",
    ],
    ids=lambda data: repr(data[:60]),
)
def test_what_breaks_the_protocol_is_the_peers_fault(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        ReplyParser().feed(data)


def test_many_chunks_may_not_exceed_the_largest_body_either() -> None:
    parser = ReplyParser()
    parser.feed(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked([b"x"])[: -len(b"0\r\n\r\n")])
    with pytest.raises(RemoteProtocolError, match="longer than"):
        parser.feed(b"%x\r\n" % http1.MAX_BODY)


@pytest.mark.parametrize("status", [b"000", b"099"])
def test_a_status_below_100_is_none(status: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        ReplyParser().feed(b"HTTP/1.1 " + status + b" Odd\r\nContent-Length: 0\r\n\r\n")
