"""SUREFOOT_ASYNC_CONCURRENCY: what breaks one invocation or place is about that one alone."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.integration.features.conftest import Running, Start
from tests.support.invocation import Invocation
from tests.support.reply import Ending, Reply, status_reply
from tests.support.route import Route

ONE = {"AWS_LAMBDA_MAX_CONCURRENCY": "1", "SUREFOOT_ASYNC_CONCURRENCY": "1"}
TWO = {**ONE, "AWS_LAMBDA_MAX_CONCURRENCY": "2"}
ECHO = "async def handler(event, context):\n    return event\n"
# Waits until an event 0 comes.
GATE = """
import asyncio
gate = asyncio.Event()
async def handler(event, context):
    if event == 0:
        gate.set()
    elif event < 0:
        await gate.wait()
    return event
"""


def check_that_it_goes_on(function: Running) -> None:
    """Each of the next invocations gets its own answer."""
    for event in (b"101", b"102", b"103"):
        answer = function.call(Invocation(event))
        assert (answer.route, answer.body) == (Route.RESPONSE, event)


def refused(status: int) -> Invocation:
    return Invocation(raw=status_reply(status, "Refused"))


@pytest.mark.parametrize("status", [500, 403, 429])
def test_a_place_that_is_refused_asks_again(start: Start, status: int) -> None:
    function = start(ECHO, environ=TWO)
    function.api.wait_for(2, Route.NEXT)
    function.api.deliver(*[refused(status)] * 4)
    function.api.wait_for(6, Route.NEXT)
    check_that_it_goes_on(function)
    log = function.end().stderr.decode()
    assert f"answered {status} to GET invocation/next" in log
    assert "asks again" in log


def test_a_container_error_is_no_end_while_another_place_is_served(start: Start) -> None:
    function = start(GATE, environ=TWO)
    busy = Invocation(b"-1")
    function.api.deliver(busy)
    function.api.wait_for(2, Route.NEXT)
    function.api.deliver(*[refused(500)] * 7)
    function.api.wait_for(9, Route.NEXT)
    assert function.call(Invocation(b"0")).body == b"0"
    assert function.answer(busy).body == b"-1"
    check_that_it_goes_on(function)


@pytest.mark.parametrize(("status", "code"), [(500, 71), (403, 76), (429, 76)])
def test_five_refusals_of_every_place_end_the_process(start: Start, status: int, code: int) -> None:
    function = start(ECHO, environ=TWO)
    function.api.deliver(*[refused(status)] * 12)
    outcome = function.process.finish()
    assert outcome.code == code
    assert (
        outcome.stderr.decode()
        .splitlines()[-1]
        .startswith(f"surefoot: the Runtime API answered {status} to GET invocation/next")
    )


def test_a_place_that_gives_up_leaves_the_others_serving(start: Start, tmp_path: Path) -> None:
    source = f"""
        import asyncio
        async def handler(event, context):
            if event == -1:
                await asyncio.to_thread(lambda: open({str(tmp_path / "go")!r}).read())
            return event
        """
    os.mkfifo(tmp_path / "go")
    function = start(source, environ=TWO)
    busy = Invocation(b"-1")
    function.api.deliver(busy)
    function.api.wait_for(2, Route.NEXT)
    function.api.deliver(*[refused(403)] * 5)
    function.api.wait_for(6, Route.NEXT)
    (tmp_path / "go").write_bytes(b"")
    assert function.answer(busy).body == b"-1"
    check_that_it_goes_on(function)
    assert "of 2 gives up; the others go on." in function.end().stderr.decode()


@pytest.mark.parametrize("status", [400, 403, 410, 413, 500, 503])
def test_a_refused_answer_is_about_one_invocation(start: Start, status: int) -> None:
    function = start(ECHO, environ=ONE)
    function.call(Invocation(b"1", answers=[status_reply(status)]))
    check_that_it_goes_on(function)


def test_an_answer_that_is_cut_twice_is_about_one_invocation(start: Start) -> None:
    function = start(ECHO, environ=ONE)
    lost = Reply((b"",), Ending.RESET)
    function.call(Invocation(b"1", answers=[lost, lost, lost]))
    check_that_it_goes_on(function)
    assert "hung up twice" in function.end().stderr.decode()


def test_no_place_takes_an_invocation_when_the_end_has_begun(start: Start, tmp_path: Path) -> None:
    source = f"""
        import surefoot
        @surefoot.on_shutdown
        def slow():
            open({str(tmp_path / "hook")!r}, "w").close()
            open({str(tmp_path / "go")!r}).read()
        async def handler(event, context):
            return event
        """
    os.mkfifo(tmp_path / "hook")
    os.mkfifo(tmp_path / "go")
    function = start(source, environ=TWO)
    function.api.wait_for(2, Route.NEXT)
    function.process.signal(signal.SIGTERM)
    (tmp_path / "hook").read_bytes()
    function.api.deliver(Invocation(b"late"))
    (tmp_path / "go").write_bytes(b"")
    outcome = function.process.finish()
    assert outcome.code == 0
    assert b"terminated" in outcome.stderr
    assert len(function.api._script) == 1
    assert function.api.complete(Route.RESPONSE, Route.ERROR) == []


def test_an_invocation_under_way_is_finished_and_no_other_one_taken(start: Start) -> None:
    source = """
        import asyncio, os, signal
        async def handler(event, context):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.2)
            return event
        """
    function = start(source, environ=TWO)
    function.api.wait_for(2, Route.NEXT)
    assert function.call(Invocation(b"1")).body == b"1"
    function.api.deliver(Invocation(b"late"))
    assert function.process.finish().code == 0
    assert len(function.api._script) == 1


ENDS = {
    "asyncio.get_running_loop().stop()": ("RuntimeError", "does not stop for one of them"),
    "sys.exit(3)": ("SystemExit", "3"),
    "raise KeyboardInterrupt": ("KeyboardInterrupt", ""),
    "await asyncio.create_task(leave())": ("SystemExit", "4"),
    "asyncio.current_task().cancel(); await asyncio.sleep(0)": ("CancelledError", ""),
    "asyncio.get_running_loop().close()": ("RuntimeError", "Cannot close a running event loop"),
    "asyncio.run(leave())": ("RuntimeError", "cannot be called from a running event loop"),
}


@pytest.mark.parametrize("body", ENDS)
def test_what_would_end_the_loop_fails_one_invocation(start: Start, body: str) -> None:
    source = f"""
        import asyncio, sys
        async def leave():
            await asyncio.sleep(0)
            sys.exit(4)
        async def handler(event, context):
            await asyncio.sleep(0)
            if event == 1:
                {body}
            return event
        """
    function = start(source, environ=TWO)
    for _ in range(2):
        failed = function.call(Invocation(b"1"))
        report = json.loads(failed.body)
        assert (failed.route, report["errorType"]) == (Route.ERROR, ENDS[body][0])
        assert ENDS[body][1] in report["errorMessage"]
    check_that_it_goes_on(function)
    assert function.end().code == 69


def test_sys_exit_in_a_task_that_nothing_awaits_is_logged(start: Start) -> None:
    source = """
        import asyncio, sys
        async def leave():
            sys.exit(4)
        async def handler(event, context):
            task = asyncio.create_task(leave())
            await asyncio.sleep(0)
            return event
        """
    function = start(source, environ=TWO)
    check_that_it_goes_on(function)
    assert b"a task raised SystemExit(4)" in function.end().stderr


def test_an_interrupt_ends_the_process_after_what_is_under_way(start: Start) -> None:
    function = start(ECHO, environ=TWO)
    function.api.wait_for(2, Route.NEXT)
    function.process.signal(signal.SIGINT)
    assert function.process.finish().code == 130


CHILDREN = {"return 5": 0, "sys.exit(6)": 6, "raise KeyError(7)": 1, "raise KeyboardInterrupt": 130}


@pytest.mark.parametrize("body", CHILDREN)
def test_a_forked_child_neither_answers_nor_asks(start: Start, body: str) -> None:
    source = f"""
        import asyncio, os, sys
        async def handler(event, context):
            child = os.fork()
            if child == 0:
                {body}
            _, status = await asyncio.to_thread(os.waitpid, child, 0)
            return os.waitstatus_to_exitcode(status)
        """
    function = start(source, environ=TWO)
    for _ in range(2):
        answer = function.call(Invocation())
        assert (answer.route, answer.body) == (Route.RESPONSE, str(CHILDREN[body]).encode())
    posts = function.api.complete(Route.RESPONSE, Route.ERROR, Route.INIT_ERROR)
    assert len(posts) == 2
    function.end()
    assert len(function.api.complete(Route.RESPONSE, Route.ERROR, Route.INIT_ERROR)) == 2


def test_a_stream_whose_answer_is_refused_leaves_the_place_serving(start: Start) -> None:
    source = """
        async def handler(event, context):
            yield str(event)
        """
    function = start(source, environ=ONE)
    function.call(Invocation(b"1", answers=[status_reply(500)]))
    check_that_it_goes_on(function)


def test_a_coroutine_that_returns_a_generator_streams(start: Start) -> None:
    source = """
        async def pieces(event):
            yield str(event)
        async def handler(event, context):
            return pieces(event)
        """
    check_that_it_goes_on(start(source, environ=TWO))


def test_a_signal_for_a_forked_child_is_not_the_parents(start: Start) -> None:
    source = """
        import asyncio, os, signal, time
        async def handler(event, context):
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.write(writing, b"!")
                while True:
                    time.sleep(1)
            if event == "SIGINT":
                # Python drops a KeyboardInterrupt that comes while it is still forking.
                os.read(reading, 1)
            os.kill(child, getattr(signal, event))
            _, status = await asyncio.to_thread(os.waitpid, child, 0)
            return os.waitstatus_to_exitcode(status)
        """
    function = start(source, environ=TWO)
    assert function.call(Invocation(b'"SIGTERM"')).body == b"-15"
    # Its KeyboardInterrupt is raised in the handler.
    assert function.call(Invocation(b'"SIGINT"')).body == b"130"
    assert function.call(Invocation(b'"SIGTERM"')).body == b"-15"


def test_a_handler_of_the_functions_own_for_sigterm_is_kept(start: Start) -> None:
    source = """
        import signal
        seen = []
        signal.signal(signal.SIGTERM, lambda *_: seen.append("own"))
        async def handler(event, context):
            if event == 1:
                signal.raise_signal(signal.SIGTERM)
            return seen
        """
    function = start(source, environ=TWO)
    function.call(Invocation(b"1"))
    assert function.call(Invocation(b"2")).body == b'["own"]'
