"""Many invocations at once in one process, for coroutine handlers."""

from __future__ import annotations

import json

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.route import Route

FOUR = {"AWS_LAMBDA_MAX_CONCURRENCY": "4", "SUREFOOT_ASYNC_CONCURRENCY": "1"}


def test_invocations_wait_for_each_other_in_one_process(start: Start) -> None:
    function = start(
        """
        import asyncio, os
        arrived = []
        everybody = asyncio.Event()
        async def handler(event, context):
            arrived.append(context.aws_request_id)
            if len(arrived) == 4:
                everybody.set()
            await everybody.wait()
            return os.getpid()
        """,
        environ=FOUR,
    )
    function.api.wait_for(4, Route.NEXT)
    function.api.deliver(*(Invocation() for _ in range(4)))
    answers = function.api.wait_for(4, Route.RESPONSE)
    assert {each.body for each in answers} == {str(function.process.pid).encode()}
    assert len({each.connection for each in answers}) == 4


def test_each_record_carries_its_own_request_id(start: Start) -> None:
    function = start(
        """
        import asyncio, logging
        async def handler(event, context):
            await asyncio.sleep(0)
            logging.warning("%s", context.aws_request_id)
            await asyncio.create_task(later(context))
        async def later(context):
            await asyncio.sleep(0)
            logging.warning("%s", context.aws_request_id)
        """,
        environ=FOUR,
    )
    function.api.deliver(*(Invocation() for _ in range(12)))
    function.api.wait_for(12, Route.RESPONSE)
    lines = function.end().stdout.decode().splitlines()
    assert len(lines) == 24
    assert all(line.split("\t")[2] == line.split("\t")[3] for line in lines)


def test_sys_exit_in_one_invocation_fails_that_one_alone(start: Start) -> None:
    function = start(
        """
        import asyncio, sys
        async def handler(event, context):
            await asyncio.sleep(0)
            if event:
                sys.exit(3)
            return "well"
        """,
        environ=FOUR,
    )
    script = [Invocation(str(number % 2).encode()) for number in range(8)]
    function.api.deliver(*script)
    answers = function.api.wait_for(8, Route.RESPONSE, Route.ERROR)
    assert [each.route for each in answers].count(Route.ERROR) == 4
    assert {each.body for each in answers if each.route is Route.RESPONSE} == {b'"well"'}


def test_streams_run_side_by_side(start: Start) -> None:
    function = start(
        """
        import asyncio
        begun = 0
        both = asyncio.Event()
        async def handler(event, context):
            global begun
            yield "begun "
            begun += 1
            if begun == 2:
                both.set()
            await both.wait()
            yield "done"
        """,
        environ=FOUR,
    )
    function.api.deliver(Invocation(), Invocation())
    answers = function.api.wait_for(2, Route.RESPONSE)
    assert [each.body for each in answers] == [b"begun done"] * 2


def test_a_hanging_coroutine_is_shown_and_stopped(start: Start) -> None:
    function = start(
        """
        import asyncio
        async def handler(event, context):
            await asyncio.Event().wait()
        """,
        environ={**FOUR, "SUREFOOT_DEADLINE_RAISE": "1"},
    )
    invocation = function.soon(polls=4)
    report = json.loads(function.call(invocation).body)
    assert report["errorType"] == "DeadlineExceeded"
    log = function.end().stderr.decode()
    assert f"request {invocation.request_id} is about to time out" in log
    assert "in handler" in log


def test_sigterm_lets_invocations_under_way_finish(start: Start) -> None:
    function = start(
        """
        import asyncio, os, signal
        async def handler(event, context):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.05)
            return "well"
        """,
        environ=FOUR,
    )
    assert function.call(Invocation()).body == b'"well"'
    assert function.process.finish().code == 0


def test_a_handler_that_is_no_coroutine_is_refused_with_the_remedy(start: Start) -> None:
    function = start("def handler(event, context): return 1", environ=FOUR)
    (report,) = function.api.wait_for(1, Route.INIT_ERROR)
    assert json.loads(report.body)["errorType"] == "Runtime.HandlerNotAsync"
    assert "async def" in json.loads(report.body)["errorMessage"]
    assert function.process.finish().code == 1
