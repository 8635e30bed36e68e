"""Async generators: one task drives each from its beginning to its end, in both modes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.reply import Ending, status_reply
from tests.support.request import Request
from tests.support.route import Route

SEQUENTIAL: Mapping[str, str | None] = {}
AT_ONCE: Mapping[str, str | None] = {
    "AWS_LAMBDA_MAX_CONCURRENCY": "2",
    "SUREFOOT_ASYNC_CONCURRENCY": "1",
}
MODES = pytest.mark.parametrize("environ", [SEQUENTIAL, AT_ONCE], ids=["sequential", "at-once"])
BODY = b"Lambda-Runtime-Function-Error-Body"


def trailer(answer: Request) -> dict[str, str]:
    error: dict[str, str] = json.loads(base64.b64decode(dict(answer.trailers)[BODY]))
    return error


@MODES
def test_a_context_variable_lives_from_yield_to_yield(
    start: Start, environ: Mapping[str, str | None]
) -> None:
    source = """
        import asyncio
        from contextvars import ContextVar
        who = ContextVar("who", default="unset")
        async def handler(event, context):
            token = who.set(str(event))
            tasks = {asyncio.current_task()}
            yield who.get()
            await asyncio.sleep(0)
            tasks.add(asyncio.current_task())
            yield who.get()
            tasks.add(asyncio.current_task())
            who.reset(token)
            yield f"{who.get()} {len(tasks)}"
        """
    function = start(source, environ=environ)
    for event in (b"1", b"2"):
        assert function.call(Invocation(event)).body == event * 2 + b"unset 1"


@MODES
def test_a_timeout_around_a_yield_fires(start: Start, environ: Mapping[str, str | None]) -> None:
    source = """
        import asyncio
        async def handler(event, context):
            task = asyncio.current_task()
            late = []
            def cancel():
                late.append(1)
                task.cancel()
            asyncio.get_running_loop().call_later(0.01, cancel)
            try:
                yield "begun "
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert late
                yield "cancelled "
            yield "ended"
        """
    function = start(source, environ=environ)
    assert function.call(Invocation()).body == b"begun cancelled ended"


@MODES
def test_the_end_of_a_generator_whose_reader_went_runs_in_its_task(
    start: Start, environ: Mapping[str, str | None]
) -> None:
    source = """
        import asyncio
        from contextvars import ContextVar
        mine = ContextVar("mine", default="no")
        async def handler(event, context):
            global seen
            if event == 2:
                while "seen" not in globals():
                    await asyncio.sleep(0.01)
                yield seen
                return
            task = asyncio.current_task()
            token = mine.set("yes")
            try:
                while True:
                    yield "x" * 1000
                    await asyncio.sleep(0)
            finally:
                await asyncio.sleep(0)
                same = asyncio.current_task() is task
                seen = f"{same} {mine.get()}"
                mine.reset(token)
        """
    function = start(source, environ=environ)
    gone = Invocation(b"1", answers=[status_reply(413).early(500_000).ended(Ending.RESET)])
    function.api.deliver(gone)
    assert function.call(Invocation(b"2")).body == b"True yes"


@MODES
def test_an_error_after_the_first_byte_is_in_the_trailers_and_the_next_answer_is_whole(
    start: Start, environ: Mapping[str, str | None]
) -> None:
    source = """
        async def handler(event, context):
            yield f"{event} "
            if event % 2:
                raise KeyError(event)
            yield "ended"
        """
    function = start(source, environ=environ)
    for number in range(4):
        answer = function.call(Invocation(b"%d" % number))
        if number % 2:
            assert trailer(answer)["errorType"] == "KeyError"
            assert answer.body == b"%d " % number
        else:
            assert answer.body == b"%d ended" % number


@MODES
def test_the_deadline_cancels_a_generator_where_it_waits(
    start: Start, environ: Mapping[str, str | None]
) -> None:
    source = """
        import asyncio
        async def wait_here():
            await asyncio.Event().wait()
        async def handler(event, context):
            yield "begun "
            if event == 2:
                yield "ended"
                return
            try:
                await wait_here()
            except asyncio.CancelledError:
                yield "cancelled"
                raise
        """
    function = start(source, environ={**environ, "SUREFOOT_DEADLINE_RAISE": "1"})
    function.api.wait_for(1, Route.NEXT)
    answer = function.call(function.soon())
    assert answer.body == b"begun cancelled"
    assert trailer(answer)["errorType"] == "DeadlineExceeded"
    assert function.call(Invocation(b"2")).body == b"begun ended"
    log = function.end().stderr.decode()
    assert "in handler" in log
    assert "in wait_here" in log


@MODES
def test_a_generator_that_ends_or_fails_before_its_first_value(
    start: Start, environ: Mapping[str, str | None]
) -> None:
    source = """
        async def handler(event, context):
            if event:
                raise KeyError("first")
            return
            yield
        """
    function = start(source, environ=environ)
    empty = function.call(Invocation(b"0"))
    assert (empty.route, empty.body) == (Route.RESPONSE, b"")
    failed = function.call(Invocation(b"1"))
    assert (failed.route, json.loads(failed.body)["errorType"]) == (Route.ERROR, "KeyError")


@MODES
def test_sys_exit_between_two_values_fails_that_stream_alone(
    start: Start, environ: Mapping[str, str | None]
) -> None:
    source = """
        import asyncio, sys
        async def handler(event, context):
            yield f"{event} "
            await asyncio.sleep(0)
            if event:
                sys.exit(3)
            yield "ended"
        """
    function = start(source, environ=environ)
    assert trailer(function.call(Invocation(b"1")))["errorType"] == "SystemExit"
    assert function.call(Invocation(b"0")).body == b"0 ended"


def test_between_values_the_loop_does_not_run(start: Start) -> None:
    # The task that is left behind counts how often the loop comes round.
    source = """
        import asyncio
        rounds = 0
        async def count():
            global rounds
            while True:
                rounds += 1
                await asyncio.sleep(0)
        async def handler(event, context):
            task = asyncio.create_task(count())
            for _ in range(50):
                yield "x"
            task.cancel()
            yield str(rounds < 1000)
        """
    assert start(source).call(Invocation()).body == b"x" * 50 + b"True"
