"""Coroutine handlers, end to end."""

from __future__ import annotations

import json

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.route import Route


def test_a_coroutine_handler_answers_like_any_other(start: Start) -> None:
    source = """
        import asyncio
        async def handler(event, context):
            await asyncio.sleep(0)
            return {"got": event, "id": context.aws_request_id}
        """
    invocation = Invocation(b"[1]")
    answer = start(source).call(invocation)
    assert json.loads(answer.body) == {"got": [1], "id": invocation.request_id}


def test_all_invocations_share_one_event_loop(start: Start) -> None:
    source = """
        import asyncio
        async def handler(event, context):
            return id(asyncio.get_running_loop())
        """
    function = start(source)
    assert function.call(Invocation()).body == function.call(Invocation()).body


def test_a_task_left_behind_goes_on_in_the_next_invocation(start: Start) -> None:
    source = """
        import asyncio
        left = []
        async def work(event):
            await event.wait()
            left.append("done")
        async def handler(event, context):
            global gate, task
            if event == 1:
                gate = asyncio.Event()
                task = asyncio.create_task(work(gate))
            else:
                gate.set()
                await task
            return left
        """
    function = start(source)
    assert function.call(Invocation(b"1")).body == b"[]"
    assert function.call(Invocation(b"2")).body == b'["done"]'


def test_what_was_made_at_import_time_with_a_loop_stays_usable(start: Start) -> None:
    source = """
        import asyncio
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        async def connect():
            reader = asyncio.StreamReader()
            reader.feed_data(b"pooled")
            reader.feed_eof()
            return reader
        pool = loop.run_until_complete(connect())
        lock = asyncio.Lock()
        async def handler(event, context):
            async with lock:
                assert asyncio.get_running_loop() is loop
                return (await pool.read()).decode()
        """
    assert start(source).call(Invocation()).body == b'"pooled"'


def test_an_import_time_asyncio_run_does_not_take_the_loop_away(start: Start) -> None:
    source = """
        import asyncio
        asyncio.run(asyncio.sleep(0))
        async def handler(event, context):
            await asyncio.sleep(0)
            return "well"
        """
    assert start(source).call(Invocation()).body == b'"well"'


def test_an_exception_shows_the_handlers_frames_alone(start: Start) -> None:
    source = """
        import asyncio
        async def inner():
            await asyncio.sleep(0)
            raise KeyError("deep")
        async def handler(event, context):
            await inner()
        """
    report = json.loads(start(source).call(Invocation()).body)
    assert report["errorType"] == "KeyError"
    assert ["in handler" in report["stackTrace"][0], "in inner" in report["stackTrace"][1]] == [
        True,
        True,
    ]
    assert len(report["stackTrace"]) == 2


def test_sys_exit_in_a_coroutine_is_one_failed_invocation(start: Start) -> None:
    source = """
        import sys
        async def handler(event, context):
            if event:
                sys.exit(3)
            return "well"
        """
    function = start(source)
    exited = function.call(Invocation(b"1"))
    assert (exited.route, json.loads(exited.body)["errorType"]) == (Route.ERROR, "SystemExit")
    assert function.call(Invocation(b"0")).body == b'"well"'


def test_asyncio_is_imported_for_coroutine_handlers_only(start: Start) -> None:
    source = """
        import sys
        def handler(event, context):
            return "asyncio" in sys.modules
        """
    assert start(source).call(Invocation()).body == b"false"


def test_a_handler_that_stops_the_loop_fails_one_invocation(start: Start) -> None:
    source = """
        import asyncio
        resumed = []
        async def handler(event, context):
            if event == 1:
                asyncio.get_running_loop().stop()
                await asyncio.sleep(0)
                resumed.append(event)
            await asyncio.sleep(0)
            return [event, *resumed]
        """
    function = start(source)
    for _ in range(2):
        stopped = function.call(Invocation(b"1"))
        assert stopped.route is Route.ERROR
        assert "Event loop stopped" in json.loads(stopped.body)["errorMessage"]
        # Nor does what it had begun go on in the next invocation.
        assert function.call(Invocation(b"2")).body == b"[2]"
