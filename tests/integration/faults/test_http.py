"""Odd but valid HTTP goes unnoticed; what is no HTTP ends the process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.faults.bench import check_end, check_survival, proves, run
from tests.support.invocation import Invocation
from tests.support.reply import ACCEPTED, Ending, Reply

OK = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: odd\r\n"
EARLY = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"


@proves("slow-drip")
@pytest.mark.parametrize("chunks", [None, [3]])
def test_replies_that_arrive_byte_by_byte(task: Path, chunks: list[int] | None) -> None:
    whole = Invocation(b"[1, 2, 3]", chunks=chunks, answers=[ACCEPTED.dripped()])
    script = [replace(whole, raw=whole.reply.dripped()), Invocation()]
    check_survival(run(task, script), script, "slow-drip")


@proves("informational")
@pytest.mark.parametrize("event", [b"[1]", b"5000000"])
def test_informational_replies_come_first(task: Path, event: bytes) -> None:
    early_answer = ACCEPTED.preceded_by(EARLY)
    first = Invocation(event, answers=[early_answer])
    script = [
        replace(first, raw=first.reply.preceded_by(EARLY)),
        Invocation(event, answers=[early_answer.dripped()]),
    ]
    check_survival(run(task, script), script, "informational")


@proves("close-header")
@pytest.mark.parametrize("event", [b"[1]", b"500000"])
def test_replies_that_close_the_connection(task: Path, event: bytes) -> None:
    def closing(reply: Reply, old: bytes, new: bytes) -> Reply:
        return Reply((reply.data.replace(old, new, 1),), Ending.CLOSE)

    script = []
    for old, new in [(b"\r\n", b"\r\nConnection: close\r\n"), (b"HTTP/1.1", b"HTTP/1.0")]:
        one = Invocation(event, answers=[closing(ACCEPTED, old, new)])
        script += [replace(one, raw=closing(one.reply, old, new)), Invocation(event)]
    seen = run(task, script)
    check_survival(seen, script, "close-header")
    # No connection that was lost was used again.
    assert len({each.connection for each in seen.requests}) == 5


@proves("no-length")
def test_a_reply_that_ends_with_the_connection(task: Path) -> None:
    raw = Reply((OK + b"\r\n[1, ", b"2]"), Ending.CLOSE)
    script = [Invocation(request_id="odd", raw=raw), Invocation()]
    seen = run(task, script)
    check_survival(seen, script, "no-length")
    assert seen.answers("odd")[0].body == b"[1, 2]"


@proves("duplicate-headers")
def test_the_last_of_two_headers_counts(task: Path) -> None:
    extra = [("lambda-runtime-aws-request-id", "first"), ("LAMBDA-RUNTIME-AWS-REQUEST-ID", "odd")]
    headers = {"Lambda-Runtime-Aws-Request-Id": None}
    script = [Invocation(request_id="odd", headers=headers, extra_headers=extra), Invocation()]
    check_survival(run(task, script), script, "duplicate-headers")


@proves("surplus")
@pytest.mark.parametrize("surplus", [b"\n", ACCEPTED.data, EARLY])
def test_bytes_after_a_reply_are_dropped_with_the_connection(task: Path, surplus: bytes) -> None:
    script = [Invocation(answers=[Reply((ACCEPTED.data + surplus,))]) for _ in range(3)]
    seen = run(task, script)
    check_survival(seen, script, "surplus")
    assert len({each.connection for each in seen.requests}) == 4


@proves("odd-value")
@pytest.mark.parametrize("odd", [b"\n", b"\r", b"\0"])
@pytest.mark.parametrize("event", [b"[1]", b'"error"'])
def test_line_ends_in_a_value_are_blanks_and_begin_no_header(
    task: Path, odd: bytes, event: bytes
) -> None:
    evil = b"1" + odd + b"X-Evil: 2"
    headers = {"Lambda-Runtime-Invocation-Id": evil, "Lambda-Runtime-Aws-Request-Id": evil}
    script = [Invocation(event, "1 X-Evil: 2", headers=headers), Invocation()]
    seen = run(task, script)
    check_survival(seen, script, "odd-value")
    (answer,) = seen.answers("1 X-Evil: 2")
    assert answer.header("X-Evil") is None
    assert answer.header("Lambda-Runtime-Invocation-Id") == b"1 X-Evil: 2"
    assert b"\0" not in answer.head


ENDS = {
    "garbage": [b"\0\1\2\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"<html>"],
    "endless-head": [b"HTTP/1.1 200 OK\r\nA: " + b"x" * 300_000],
    "odd-name": [
        OK + name + b": 1\r\nContent-Length: 2\r\n\r\n{}"
        for name in (b"A\n", b"A\0B", b"A\r", b"A ")
    ],
    "two-lengths": [OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
    "absurd-length": [
        OK + b"Content-Length: " + value + b"\r\n\r\n"
        for value in (b"-1", b"2 ,2", b"x", b"134217729", b"9" * 30, b"9" * 9999, b"")
    ],
    "absurd-chunk": [
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + value + b"\r\n"
        for value in (b"-1", b"xyz", b"8000001", b"f" * 30, b"", b"1\r\nabc")
    ],
    "no-request-id": [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id:\r\nContent-Length: 2\r\n\r\n{}",
    ],
}


@proves("garbage")
@proves("endless-head")
@proves("odd-name")
@proves("two-lengths")
@proves("absurd-length")
@proves("absurd-chunk")
@proves("no-request-id")
@pytest.mark.parametrize(
    ("fault", "data"),
    [(fault, data) for fault, examples in ENDS.items() for data in examples],
    ids=lambda value: value if isinstance(value, str) else repr(value[-20:]),
)
def test_what_is_not_the_runtime_api_is_the_end(task: Path, fault: str, data: bytes) -> None:
    seen = run(task, [Invocation(raw=Reply((data,))), Invocation()])
    check_end(seen, fault)
    assert len(seen.requests) == 1


@proves("garbage-answer")
@pytest.mark.parametrize("event", [b"[1]", b'"error"', b"5000000"])
def test_garbage_instead_of_an_acknowledgement_is_the_end(task: Path, event: bytes) -> None:
    script = [Invocation(event, answers=[Reply((b"\0\1\2\r\n\r\n",))]), Invocation()]
    seen = run(task, script)
    check_end(seen, "garbage-answer")
    assert len(seen.answers(script[0].request_id)) == 1
