"""Answers of HTTP, well-formed and not, as bytes on a socket."""

from __future__ import annotations

import socket
import time

import pytest

from vpc_check.probes.http import MOST_HEAD, request
from vpc_check.probes.outcome import Outcome
from vpc_check.target import Target, parse

TARGET = parse("http://web.test/")


def answered(answer: bytes, target: Target = TARGET) -> tuple[Outcome, bytes]:
    """The outcome of an answer after which the server closes, and the question."""
    near, far = socket.socketpair()
    with near, far:
        far.sendall(answer)
        far.shutdown(socket.SHUT_WR)
        outcome = request(near, target, time.monotonic() + 5)
        near.close()
        return outcome, far.recv(65536)


@pytest.mark.parametrize(
    ("answer", "word", "detail"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "ok", "200 OK"),
        (b"HTTP/1.0 204\r\n\r\n", "ok", "204"),
        (b"HTTP/1.1 200 OK\n\nbody", "ok", "200 OK"),
        (b"HTTP/1.1 200 OK\r\nhalf: a he", "ok", "200 OK"),
        (
            b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 403 No\r\n\r\n",
            "denied",
            "403 No",
        ),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "denied", "401 Unauthorized"),
        (
            b"HTTP/1.1 403 Forbidden\r\nX-Amzn-ErrorType: AccessDenied\r\n\r\n",
            "denied",
            "403 Forbidden, x-amzn-errortype: AccessDenied",
        ),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "http_status", "404 Not Found"),
        (b"HTTP/1.1 503 \x1b[2JBusy\r\n\r\n", "http_status", "503 ?[2JBusy"),
        (b"HTTP/1.1 301 Moved\r\nLocation: /there\r\n\r\n", "ok", "301 Moved, location: /there"),
        (b"HTTP/1.1 twenty\r\n\r\n", "failed", "no HTTP/1: b'HTTP/1.1 twenty"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "failed", "write https://"),
        (b"HTTP/2 200\r\n\r\n", "failed", "no HTTP/1: b'HTTP/2 200"),
        (b"220 smtp ready\r\n", "failed", "no HTTP/1: b'220 smtp ready"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * MOST_HEAD, "ok", "200 OK"),
        (b"", "reset", "closed instead of an answer"),
    ],
)
def test_an_answer_has_its_word(answer: bytes, word: str, detail: str) -> None:
    outcome, _ = answered(answer)
    assert (outcome.word, detail in outcome.detail) == (word, True), outcome


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://web.test", "GET / HTTP/1.1", "Host: web.test"),
        ("http://web.test:8080/a%20b?q=1&r=ü x", "GET /a%20b?q=1&r=%C3%BC%20x HTTP/1.1", ":8080"),
        ("http://[fd77::1]:81/", "GET / HTTP/1.1", "Host: [fd77::1]:81"),
    ],
)
def test_the_question_is_well_formed(url: str, line: str, host: str) -> None:
    _, question = answered(b"HTTP/1.1 200 OK\r\n\r\n", parse(url))
    assert question.decode("ascii").startswith(f"{line}\r\n")
    assert f"{host}\r\n" in question.decode("ascii")


def test_a_path_cannot_add_headers() -> None:
    target = Target("http", "web.test", 80, path="/a\r\nX-Evil: 1")
    _, question = answered(b"HTTP/1.1 200 OK\r\n\r\n", target)
    assert b"GET /a%0D%0AX-Evil:%201 HTTP/1.1\r\n" in question


def test_an_answer_that_drips_meets_the_deadline() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"HTTP/1.1 200 OK\r\nnever: end")
        with pytest.raises(TimeoutError):
            request(near, TARGET, time.monotonic() + 0.05)
