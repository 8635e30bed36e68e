"""Response streaming against the scripted Runtime API: exact bytes, order, errors, memory."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from dataclasses import replace

import pytest

from tests.integration.features.conftest import Start
from tests.support.gate import Gate
from tests.support.invocation import Invocation
from tests.support.reply import ACCEPTED, Ending, status_reply
from tests.support.request import Request
from tests.support.route import Route

GENERATORS = {
    "generator": """
        def handler(event, context):
            yield "first "
            yield b"second "
            yield ""
            yield bytearray(b"third")
        """,
    "returned generator": """
        def handler(event, context):
            return (piece for piece in ("first ", b"second ", "", b"third"))
        """,
    "async generator": """
        import asyncio
        async def handler(event, context):
            for piece in ("first ", b"second ", "", b"third"):
                await asyncio.sleep(0)
                yield piece
        """,
    "coroutine that returns a generator": """
        async def handler(event, context):
            return (piece for piece in ("first ", b"second ", "", b"third"))
        """,
}


@pytest.mark.parametrize("source", GENERATORS.values(), ids=GENERATORS)
def test_each_yield_is_one_chunk(start: Start, source: str) -> None:
    answer = start(source).call(Invocation())
    assert answer.route is Route.RESPONSE
    assert bytes(answer.raw_body) == b"6\r\nfirst \r\n7\r\nsecond \r\n5\r\nthird\r\n0\r\n\r\n"
    assert answer.header("Lambda-Runtime-Function-Response-Mode") == b"streaming"
    assert answer.header("Content-Type") == b"text/plain; charset=utf-8"
    assert answer.header("Content-Length") is None
    assert answer.header("Trailer") == (
        b"Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"
    )


def test_a_buffered_response_carries_no_response_mode(start: Start) -> None:
    answer = start("def handler(event, context): return 1").call(Invocation())
    assert answer.header("Lambda-Runtime-Function-Response-Mode") is None


def test_the_first_piece_leaves_before_the_second_is_made(start: Start) -> None:
    function = start(
        """
        def handler(event, context):
            yield "first"
            with open("gate") as gate:
                gate.read()
            yield "second"
        """
    )
    os.mkfifo(function.task / "gate")
    invocation = Invocation()
    function.api.deliver(invocation)
    function.api.wait_until(lambda: _body(function.api.requests, invocation) == b"first")
    (function.task / "gate").write_text("go on")
    assert function.answer(invocation).body == b"firstsecond"


def _body(requests: list[Request], invocation: Invocation) -> bytes:
    return b"".join(r.body for r in requests if r.request_id == invocation.request_id)


def test_the_connection_is_closed_after_a_stream_and_the_next_invocation_works(
    start: Start,
) -> None:
    function = start(
        """
        def handler(event, context):
            return iter_pieces() if event else "buffered"
        def iter_pieces():
            yield "streamed"
        """
    )
    streamed = function.call(Invocation(b"1"))
    buffered = function.call(Invocation(b"0"))
    assert (streamed.body, buffered.body) == (b"streamed", b'"buffered"')
    assert buffered.connection > streamed.connection


def test_a_prelude_makes_it_an_http_response(start: Start) -> None:
    source = """
        from surefoot import HttpPrelude
        def handler(event, context):
            yield HttpPrelude(404, {"X-One": "1", "X-Two": ["a", "b"]}, ["c=d"])
            yield "gone"
        """
    answer = start(source).call(Invocation())
    prelude, gap, body = answer.body.partition(bytes(8))
    assert answer.header("Content-Type") == b"application/vnd.awslambda.http-integration-response"
    assert json.loads(prelude) == {
        "statusCode": 404,
        "headers": {"X-One": "1"},
        "multiValueHeaders": {"X-Two": ["a", "b"]},
        "cookies": ["c=d"],
    }
    assert (gap, body) == (bytes(8), b"gone")


@pytest.mark.parametrize(
    ("first", "content_type", "body"),
    [
        ('b"a"', b"application/octet-stream", b"a"),
        ('""', b"text/plain; charset=utf-8", b""),
        ('surefoot.ContentType("text/event-stream")', b"text/event-stream", b""),
        ('surefoot.ContentType("a\\r\\nX-Forged: 1")', b"a  X-Forged: 1", b""),
    ],
)
def test_a_stream_without_a_prelude_has_a_content_type(
    start: Start, first: str, content_type: bytes, body: bytes
) -> None:
    source = f"""
        import surefoot
        def handler(event, context):
            yield {first}
            yield "z"
        """
    answer = start(source).call(Invocation())
    assert answer.header("Content-Type") == content_type
    assert answer.header("X-Forged") is None
    assert answer.body == body + b"z"


def test_a_content_type_after_the_first_piece_is_an_error_that_says_so(start: Start) -> None:
    source = """
        import surefoot
        def handler(event, context):
            yield ""
            yield surefoot.ContentType("text/csv")
        """
    answer = start(source).call(Invocation())
    assert answer.route is Route.ERROR
    assert b"ContentType goes first, before any text." in answer.body


def test_a_prelude_alone_is_a_response_without_a_body(start: Start) -> None:
    source = """
        from surefoot import HttpPrelude
        def handler(event, context):
            yield HttpPrelude(204)
        """
    assert start(source).call(Invocation()).body == b'{"statusCode": 204}' + bytes(8)


def test_a_generator_without_pieces_is_an_empty_stream(start: Start) -> None:
    answer = start("def handler(event, context): yield from ()").call(Invocation())
    assert (answer.route, bytes(answer.raw_body)) == (Route.RESPONSE, b"0\r\n\r\n")


def test_an_error_before_the_first_byte_is_an_ordinary_error(start: Start) -> None:
    source = """
        def handler(event, context):
            raise KeyError("early")
            yield
        """
    answer = start(source).call(Invocation())
    assert answer.route is Route.ERROR
    assert json.loads(answer.body)["errorType"] == "KeyError"


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_an_error_after_the_first_byte_is_reported_in_trailers(start: Start, kind: str) -> None:
    source = f"""
        {kind} handler(event, context):
            yield "begun"
            raise KeyError("late")
        """
    function = start(source)
    invocation = Invocation()
    answer = function.call(invocation)
    assert answer.route is Route.RESPONSE
    assert answer.body == b"begun"
    trailers = dict(answer.trailers)
    assert trailers[b"Lambda-Runtime-Function-Error-Type"] == b"Function.KeyError"
    report = json.loads(b64decode(trailers[b"Lambda-Runtime-Function-Error-Body"]))
    assert report["errorType"] == "KeyError"
    assert report["errorMessage"] == "'late'"
    assert report["requestId"] == invocation.request_id
    assert "app.py" in report["stackTrace"][0]
    assert b"[ERROR] KeyError: 'late'" in function.end().stdout


def test_a_wrong_piece_names_its_type_and_the_remedy(start: Start) -> None:
    source = """
        def handler(event, context):
            yield {"not": "text"}
        """
    report = json.loads(start(source).call(Invocation()).body)
    assert report["errorType"] == "Function.StreamError"
    assert "yielded dict" in report["errorMessage"]
    assert "json.dumps" in report["errorMessage"]


def test_the_generator_is_closed_when_the_peer_goes_away(start: Start) -> None:
    function = start(
        """
        def handler(event, context):
            try:
                while True:
                    yield b"x" * 65536
            finally:
                print("generator closed")
        """
    )
    hang_up = replace(ACCEPTED, pieces=(), after=1_000_000, ending=Ending.RESET)
    gone = Invocation(answers=[hang_up])
    function.api.deliver(gone)
    function.api.wait_for(2, Route.NEXT)
    outcome = function.end()
    assert outcome.stdout == b"generator closed\n"
    line = f"the peer hung up on the streamed response to request {gone.request_id}"
    assert line.encode() in outcome.stderr


def test_an_early_refusal_ends_the_stream_and_the_loop_goes_on(start: Start) -> None:
    function = start(
        """
        def handler(event, context):
            if event == "after":
                return "well"
            return endless()
        def endless():
            while True:
                yield b"x" * 65536
        """
    )
    refused = Invocation(
        b'"endless"', answers=[status_reply(413).early(after=500_000).ended(Ending.RESET)]
    )
    function.api.deliver(refused)
    assert function.call(Invocation(b'"after"')).body == b'"well"'
    assert b"too large" in function.end().stderr


def test_a_slow_reader_holds_the_handler_back_instead_of_filling_memory(start: Start) -> None:
    function = start(
        """
        def handler(event, context):
            for _ in range(3200):
                yield bytes(65536)
        """
    )
    gate = Gate()
    invocation = Invocation(answers=[replace(ACCEPTED, reading=gate)])
    function.api.deliver(invocation)
    gate.wait_until_reached()
    gate.open()
    assert len(function.answer(invocation).body) == 3200 * 65536
    # 200 MB passed; what was not read yet may not have been kept.
    assert function.process.peak_memory_mb() < 40


def test_a_generator_that_fails_while_it_is_closed_costs_a_log_record_alone(start: Start) -> None:
    function = start(
        """
        def handler(event, context):
            return "well" if event == "after" else endless()
        def endless():
            try:
                while True:
                    yield bytes(65536)
            finally:
                raise KeyError("while closing")
        """
    )
    hang_up = replace(ACCEPTED, pieces=(), after=1_000_000, ending=Ending.RESET)
    function.api.deliver(Invocation(answers=[hang_up]))
    assert function.call(Invocation(b'"after"')).body == b'"well"'
    assert b"[ERROR] KeyError: 'while closing'" in function.end().stdout


def test_a_handler_that_closes_the_connections_descriptor_writes_into_nothing_else(
    start: Start,
) -> None:
    function = start(
        """
        import os, socket
        kept = []
        def handler(event, context):
            if not event:
                one, other = kept
                other.setblocking(False)
                try:
                    return other.recv(99).decode()
                except BlockingIOError:
                    return "nothing"
            return pieces()
        def pieces():
            yield "one"
            os.closerange(3, 64)
            kept.extend(socket.socketpair())
            yield "two" * 100_000
            yield "three"
        """
    )
    function.api.deliver(Invocation(b"1"))
    assert function.call(Invocation(b"0")).body == b'"nothing"'
    assert function.end().stderr.count(b"streamed response") == 1
