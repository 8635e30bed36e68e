"""Hooks around an invocation: what they see, when, and that they cannot lose an answer."""

from __future__ import annotations

import json
import textwrap
import time
from base64 import b64decode

import pytest

from tests.integration.features.conftest import Running, Start
from tests.support.invocation import Invocation
from tests.support.request import State
from tests.support.route import Route

# Prints in order what the hook sees; the runtime's log is unbuffered, so that order is true.
HOOK = """
import asyncio
import surefoot

@surefoot.around_invocation
def outer(event, context):
    print(f"<outer {event} {context.aws_request_id[:8]}>")
    try:
        result = yield
    except BaseException as error:
        print(f"<outer raised {error!r}>")
        raise
    print(f"<outer got {result!r}>")

@surefoot.around_invocation
def inner(event, context):
    print("<inner>")
    try:
        yield
    finally:
        print("<inner ends>")
"""


def start_with(start: Start, handler: str, **more: object) -> Running:
    return start(HOOK + textwrap.dedent(handler), **more)  # type: ignore[arg-type]


def trail(running: Running, last: str) -> list[str]:
    """What the hooks and the handler printed, without the error's record."""
    text = running.process.wait_for_output(last.encode()).decode()
    return [line for line in text.splitlines() if line.startswith("<")]


HANDLERS = {
    "function": "def handler(event, context): print('<works>'); return 'r'",
    "coroutine": """
        async def handler(event, context):
            await asyncio.sleep(0)
            print("<works>")
            return "r"
        """,
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_hooks_nest_around_a_handler_and_see_its_result(start: Start, handler: str) -> None:
    running = start_with(start, handler)
    for number in range(2):
        invocation = Invocation(b"%d" % number)
        assert running.call(invocation).body == b'"r"'
        expected = [
            f"<outer {number} {invocation.request_id[:8]}>",
            *["<inner>", "<works>", "<inner ends>", "<outer got 'r'>"],
        ]
        assert trail(running, "<outer got 'r'>")[-5:] == expected


FAILURES = {
    "function": ("def handler(event, context): raise ValueError('a')", "ValueError('a')"),
    "coroutine": (
        """
        async def handler(event, context):
            await asyncio.sleep(0)
            raise ValueError("a")
        """,
        "ValueError('a')",
    ),
    "exit": ("import sys\ndef handler(event, context): sys.exit(3)", "SystemExit(3)"),
    "result without a JSON form": (
        "def handler(event, context): return {1, 2}",
        "Fault('Unable to marshal response: Object of type set is not JSON serializable')",
    ),
    "StopIteration": ("def handler(event, context): return next(iter(()))", "StopIteration()"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_hooks_see_what_fails_an_invocation(start: Start, name: str) -> None:
    handler, error = FAILURES[name]
    running = start_with(start, handler)
    answer = running.call(Invocation())
    assert answer.route is Route.ERROR
    assert trail(running, "<outer raised")[-2:] == ["<inner ends>", f"<outer raised {error}>"]
    # No frame of a hook or of the runtime is in the way.
    assert "surefoot" not in json.dumps(json.loads(answer.body)["stackTrace"])
    assert "in outer" not in json.dumps(json.loads(answer.body)["stackTrace"])


STREAMS = {
    "generator": "def handler(event, context):\n    yield 'one'\n    print('<works>')\n    {}",
    "async": "async def handler(event, context):\n    yield 'one'\n    print('<works>')\n    {}",
}


@pytest.mark.parametrize("source", STREAMS.values(), ids=STREAMS)
def test_hooks_end_before_the_end_of_a_stream(start: Start, source: str) -> None:
    # The last hook waits until the test has seen that the answer is not complete.
    waits = """
    import os, time
    @surefoot.around_invocation
    def waits(event, context):
        yield
        print("<waits>")
        while not os.path.exists("seen"):
            time.sleep(0.01)
    """
    running = start_with(start, textwrap.dedent(waits) + source.format("yield 'two'"))
    invocation = Invocation()
    running.api.deliver(invocation)
    running.process.wait_for_output(b"<waits>")

    def arriving() -> list[bytes]:
        answers = [each for each in running.api.requests if each.route is Route.RESPONSE]
        return [each.body for each in answers if each.state is State.ARRIVING]

    running.api.wait_until(lambda: arriving() == [b"onetwo"])  # it was sent before that output
    (running.task / "seen").touch()
    assert running.answer(invocation).body == b"onetwo"
    assert trail(running, "<outer got")[1:] == [
        *["<inner>", "<works>", "<waits>", "<inner ends>", "<outer got None>"]
    ]


@pytest.mark.parametrize("source", STREAMS.values(), ids=STREAMS)
def test_hooks_see_an_error_after_the_first_byte(start: Start, source: str) -> None:
    running = start_with(start, source.format("raise ValueError('late')"))
    answer = running.call(Invocation())
    assert answer.body == b"one"
    assert dict(answer.trailers)[b"Lambda-Runtime-Function-Error-Type"] == b"Function.ValueError"
    assert trail(running, "<outer raised")[-1] == "<outer raised ValueError('late')>"
    # Nor is there a context that the generator did not have.
    assert b"StopAsyncIteration" not in b64decode(
        dict(answer.trailers)[b"Lambda-Runtime-Function-Error-Body"]
    )


BROKEN = {
    "before its yield": ("raise OSError('mine')\n    yield", "failed: OSError: mine"),
    "after its yield": ("yield\n    raise OSError('mine')", "failed: OSError: mine"),
    "exits": ("yield\n    raise SystemExit(3)", "failed: SystemExit: 3"),
    "without reaching its yield": ("if event:\n        yield", "ended before its yield"),
    "yields twice": ("yield\n    yield", "yields twice"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("fails", [False, True], ids=["result", "error"])
def test_a_hook_that_fails_is_logged_and_loses_nothing(
    start: Start, name: str, fails: bool
) -> None:
    body, line = BROKEN[name]
    if fails and "yield\n" in body:
        body = body.replace("yield\n", "try: yield\n    except ValueError: pass\n", 1)
    broken = f"@surefoot.around_invocation\ndef broken(event, context):\n    {body}\n"
    last = "def handler(event, context):\n    " + ("raise ValueError('a')" if fails else "return 1")
    running = start_with(start, broken + last)
    for _ in range(2):
        answer = running.call(Invocation(b"0"))
        if fails:
            assert json.loads(answer.body)["errorType"] == "ValueError"
        else:
            assert answer.body == b"1"
    ended = "<outer raised ValueError('a')>" if fails else "<outer got 1>"
    assert trail(running, ended)[-1] == ended
    assert (
        f"surefoot: the hook broken {line}"
        in running.process.wait_for_output(line.encode()).decode()
    )


def test_a_hook_that_swallows_the_error_does_not_make_it_a_success(start: Start) -> None:
    source = """
    import surefoot
    @surefoot.around_invocation
    def swallows(event, context):
        try:
            yield
        except ValueError:
            return
    def handler(event, context):
        raise ValueError("a")
    """
    running = start(source)
    assert json.loads(running.call(Invocation()).body)["errorType"] == "ValueError"


def test_an_event_that_is_not_json_reaches_no_hook(start: Start) -> None:
    running = start_with(start, "def handler(event, context): return 1")
    answer = running.call(Invocation(b"{"))
    assert json.loads(answer.body)["errorType"] == "Runtime.UnmarshalError"
    assert running.call(Invocation(b"2")).body == b"1"
    assert [line for line in trail(running, "<outer got 1>") if line.startswith("<outer {")] == []


def test_a_hook_sets_context_variables_for_the_handler(start: Start) -> None:
    source = """
    import contextvars, surefoot
    order = contextvars.ContextVar("order", default=None)
    @surefoot.around_invocation
    def sets(event, context):
        token = order.set(event)
        yield
        order.reset(token)
    async def handler(event, context):
        return order.get()
    """
    running = start(source)
    assert [running.call(Invocation(b"%d" % n)).body for n in range(2)] == [b"0", b"1"]
    environ = {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_ASYNC_CONCURRENCY": "1"}
    running = start(source, environ=environ)
    assert [running.call(Invocation(b"%d" % n)).body for n in range(2)] == [b"0", b"1"]


def test_hooks_of_concurrent_invocations_run_side_by_side(start: Start) -> None:
    handler = """
    arrived = []
    async def handler(event, context):
        arrived.append(event)
        while len(arrived) < 2:
            await asyncio.sleep(0.001)
        if event == 1:
            raise ValueError("one")
        return event
    """
    environ = {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_ASYNC_CONCURRENCY": "1"}
    running = start_with(start, handler, environ=environ)
    invocations = [Invocation(b"0"), Invocation(b"1")]
    running.api.deliver(*invocations)
    assert running.answer(invocations[0]).body == b"0"
    assert json.loads(running.answer(invocations[1]).body)["errorMessage"] == "one"
    seen = trail(running, "<outer got 0>") + trail(running, "<outer raised ValueError('one')>")
    assert {"<outer got 0>", "<outer raised ValueError('one')>"} <= set(seen)


def test_each_worker_runs_the_hooks(start: Start) -> None:
    running = start_with(
        start,
        "def handler(event, context): return event",
        environ={"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_PRELOAD": "1"},
    )
    for number in range(3):
        assert running.call(Invocation(b"%d" % number)).body == b"%d" % number
        running.process.wait_for_output(b"<outer got %d>" % number)


def test_a_child_that_the_handler_forks_hands_no_hook_a_result(start: Start) -> None:
    handler = """
    import os
    def handler(event, context):
        child = os.fork()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else None
    """
    running = start_with(start, handler)
    assert running.call(Invocation()).body == b"0"
    # In the child the generators are closed, as the interpreter closes those of any program.
    got = [line for line in trail(running, "<outer got 0>") if line.startswith("<outer got")]
    assert got == ["<outer got 0>"]


def test_the_deadline_reaches_the_handler_and_then_the_hooks(start: Start) -> None:
    handler = """
    import time
    def handler(event, context):
        while True:
            time.sleep(0.01)
    """
    running = start_with(start, handler, environ={"SUREFOOT_DEADLINE_RAISE": "1"})
    running.api.wait_for(1, Route.NEXT)
    deadline = str(int((time.time() + 2) * 1000))
    answer = running.call(Invocation(headers={"Lambda-Runtime-Deadline-Ms": deadline}))
    assert json.loads(answer.body)["errorType"] == "DeadlineExceeded"
    assert trail(running, "<outer raised")[-1].startswith("<outer raised DeadlineExceeded")


def test_sigterm_that_exits_in_a_handler_ends_the_process_after_the_hooks(start: Start) -> None:
    handler = """
    import os, signal, sys
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    def handler(event, context):
        os.kill(os.getpid(), signal.SIGTERM)
    """
    running = start_with(start, handler)
    assert json.loads(running.call(Invocation()).body)["errorType"] == "SystemExit"
    assert running.process.finish().code == 7


@pytest.mark.parametrize("hook", ["print", "lambda event, context: None", "object()"])
def test_what_is_not_a_generator_function_is_refused_at_import(start: Start, hook: str) -> None:
    running = start(f"import surefoot\nsurefoot.around_invocation({hook})")
    (report,) = running.api.wait_for(1, Route.INIT_ERROR)
    assert (
        "is not a generator function; write it with def" in json.loads(report.body)["errorMessage"]
    )


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_failed_invocation_leaves_no_circle_behind(start: Start, wrapped: bool) -> None:
    handler = """
    import gc, weakref
    if wrapped:
        import __main__
        original = __main__.bootstrap.handle_event_request
        __main__.bootstrap.handle_event_request = lambda *args: original(*args)
    class Held:
        pass
    held = []
    def handler(event, context):
        gc.disable()
        if event:
            return [each() is None for each in held]
        kept = Held()
        held.append(weakref.ref(kept))
        raise ValueError("a")
    """
    running = start_with(start, f"wrapped = {wrapped}\n{textwrap.dedent(handler)}")
    for _ in range(2):
        running.call(Invocation(b"0"))
    assert running.call(Invocation(b"1")).body == b"[true, true]"
