"""The deadline guard: a time-out says where it hung."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.integration.features.conftest import Start
from tests.support.gate import Gate
from tests.support.invocation import Invocation
from tests.support.reply import ACCEPTED
from tests.support.route import Route

RAISE = {"SUREFOOT_DEADLINE_RAISE": "1"}


WAITS = {
    "sleep": ("import time", "time.sleep(1.8)"),
    "a C call that holds the interpreter": (
        "import ctypes",
        "ctypes.PyDLL(None).usleep(1_800_000)",
    ),
}


@pytest.mark.parametrize(("imports", "wait"), WAITS.values(), ids=WAITS)
def test_the_stack_of_a_hanging_handler_is_shown_once(
    start: Start, imports: str, wait: str
) -> None:
    function = start(
        f"""
        {imports}
        def slow():
            {wait}
        def handler(event, context):
            slow()
        """
    )
    invocation = function.soon()
    function.call(invocation)
    log = function.end().stderr.decode()
    assert log.count(" in slow") == 1
    assert log.count(" in handler") == 1
    assert log.count(f"request {invocation.request_id} is about to time out") == 1


def test_every_thread_is_shown(start: Start) -> None:
    function = start(
        """
        import threading, time
        def in_a_thread():
            time.sleep(1.8)
        def handler(event, context):
            thread = threading.Thread(target=in_a_thread)
            thread.start()
            thread.join()
        """
    )
    function.call(function.soon())
    log = function.end().stderr.decode()
    assert " in in_a_thread" in log
    assert " in handler" in log


def test_unfinished_tasks_are_shown(start: Start) -> None:
    function = start(
        """
        import asyncio
        async def waits_for_good():
            await asyncio.sleep(1.8)
        async def inner():
            await asyncio.gather(waits_for_good(), waits_for_good())
        async def handler(event, context):
            await inner()
        """
    )
    function.call(function.soon())
    log = function.end().stderr.decode()
    assert log.count("unfinished asyncio task") == 3
    assert log.count("in waits_for_good") == 2
    assert log.count("in handler") == log.count("in inner") == 1


def test_an_async_generator_is_shown_where_it_waits(start: Start) -> None:
    function = start(
        """
        import asyncio
        async def inner():
            await asyncio.sleep(1.8)
        async def handler(event, context):
            yield "begun"
            await inner()
        """
    )
    function.call(function.soon())
    log = function.end().stderr.decode()
    assert log.count("in handler") == log.count("in inner") == 1


def test_a_handler_that_is_done_in_time_shows_nothing(start: Start) -> None:
    function = start(
        """
        import time
        def handler(event, context):
            if event == "late":
                time.sleep(1.8)
        """
    )
    function.call(function.soon())
    # This one outlives the first one's deadline: had the first stayed armed, it would show.
    function.call(Invocation(b'"late"'))
    assert function.end().stderr.count(b"about to time out") == 0


def test_the_handler_can_be_stopped_and_its_finally_runs(start: Start) -> None:
    function = start(
        """
        import time
        def handler(event, context):
            try:
                while True:
                    time.sleep(0.01)
            finally:
                print("checkpoint written")
        """,
        environ=RAISE,
    )
    invocation = function.soon()
    answer = function.call(invocation)
    assert answer.route is Route.ERROR
    report = json.loads(answer.body)
    assert report["errorType"] == "DeadlineExceeded"
    assert report["errorMessage"] == f"request {invocation.request_id} is about to time out"
    assert "in handler" in report["stackTrace"][0]
    assert b"checkpoint written" in function.end().stdout


def test_a_handler_may_catch_it_and_answer(start: Start) -> None:
    function = start(
        """
        import surefoot, time
        def handler(event, context):
            try:
                while True:
                    time.sleep(0.01)
            except surefoot.DeadlineExceeded:
                return "as far as I got"
        """,
        environ=RAISE,
    )
    assert function.call(function.soon()).body == b'"as far as I got"'


def test_a_coroutine_is_cancelled_where_it_waits(start: Start) -> None:
    function = start(
        """
        import asyncio
        async def handler(event, context):
            if event:
                return "well"
            try:
                await asyncio.Event().wait()
            finally:
                print("checkpoint written")
        """,
        environ=RAISE,
    )
    report = json.loads(function.call(function.soon()).body)
    assert report["errorType"] == "DeadlineExceeded"
    assert function.call(Invocation(b"1")).body == b'"well"'
    assert b"checkpoint written" in function.end().stdout


def test_a_function_that_uses_the_alarm_itself_keeps_it(start: Start) -> None:
    function = start(
        """
        import signal, time
        rang = []
        signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
        def handler(event, context):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            signal.pause()
            return rang
        """
    )
    assert function.call(function.soon()).body == b"[1]"
    assert b"about to time out" not in function.end().stderr


def test_it_can_be_switched_off(start: Start) -> None:
    function = start(
        """
        import signal
        def handler(event, context):
            return [signal.getitimer(signal.ITIMER_REAL)[0], str(signal.getsignal(signal.SIGALRM))]
        """,
        environ={"SUREFOOT_DEADLINE_MARGIN_MS": "0"},
    )
    assert json.loads(function.call(function.soon()).body)[0] == 0


def test_no_thread_is_used(start: Start) -> None:
    function = start(
        """
        import os
        def handler(event, context):
            return len(os.listdir("/proc/self/task"))
        """
    )
    assert function.call(function.soon()).body == b"1"


def test_a_stream_without_a_reader_is_abandoned_and_the_loop_goes_on(start: Start) -> None:
    function = start(
        """
        def handler(event, context):
            return "well" if event == "after" else endless()
        def endless():
            try:
                while True:
                    yield bytes(65536)
            finally:
                print("generator closed")
        """,
        environ=RAISE,
    )
    stuck = replace(function.soon(), answers=[replace(ACCEPTED, reading=Gate())])
    function.api.deliver(stuck)
    assert function.call(Invocation(b'"after"')).body == b'"well"'
    outcome = function.end()
    assert b"generator closed" in outcome.stdout
    assert b"[ERROR] DeadlineExceeded" in outcome.stdout
    assert f"the streamed response to request {stuck.request_id}".encode() in outcome.stderr
