"""Processes that a function starts: none of them is ever taken for the runtime."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from surefoot_tools.seal.start_bundle import build_start_bundle
from tests.integration.features.conftest import Running, Start
from tests.support.invocation import Invocation
from tests.support.process import RUNTIME
from tests.support.route import Route


@dataclass(frozen=True)
class Launch:
    """A way to start the runtime: arguments of the interpreter, and variables."""

    start: str
    environ: Mapping[str, str | None] = field(default_factory=dict)
    is_async: bool = False

    @property
    def handler(self) -> str:
        """The handler that this way of running can serve."""
        return "app.coroutine" if self.is_async else "app.handler"


WORKERS = {"AWS_LAMBDA_MAX_CONCURRENCY": "2"}
LAUNCHES = {
    "module": Launch("module"),
    "start.py": Launch("start.py"),
    "start.pyc": Launch("start.pyc"),
    "workers": Launch("start.pyc", WORKERS),
    "workers with preload": Launch("start.pyc", {**WORKERS, "SUREFOOT_PRELOAD": "1"}),
    "event loop": Launch(
        "start.pyc", {**WORKERS, "SUREFOOT_ASYNC_CONCURRENCY": "1"}, is_async=True
    ),
}


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runtime as an image has it, with a start in one file."""
    runtime = tmp_path_factory.mktemp("image") / "runtime"
    shutil.copytree(RUNTIME, runtime, ignore=shutil.ignore_patterns("__pycache__"))
    return build_start_bundle(runtime)


@pytest.fixture(params=LAUNCHES.values(), ids=list(LAUNCHES))
def launch(request: pytest.FixtureRequest, bundled: Path) -> tuple[list[str], Launch]:
    launch: Launch = request.param
    files = {"start.py": bundled.with_suffix(".py"), "start.pyc": bundled}
    if launch.start == "module":
        return [sys.executable, "-m", "surefoot"], launch
    return [sys.executable, "-S", str(files[launch.start])], launch


MULTIPROCESSING = """
    import multiprocessing, os, subprocess, sys
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial

    def double(number):
        return 2 * number, os.getppid()

    def send(connection, number):
        connection.send(double(number))

    def process(method, number):
        context = multiprocessing.get_context(method)
        receiver, sender = context.Pipe()
        child = context.Process(target=send, args=(sender, number))
        child.start()
        sender.close()
        answer = receiver.recv()
        child.join()
        return answer[0], child.exitcode

    def pool(method, number):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as executor:
            return sum(value for value, _ in executor.map(double, range(number + 1))), 0

    def manager(method, number):
        with multiprocessing.get_context(method).Manager() as manager:
            values = manager.list([number])
            values.append(number)
            return sum(values), 0

    def handler(event, context):
        kind, method, number = event
        return globals()[kind](method, number)

    async def coroutine(event, context):
        return handler(event, context)
    """


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_multiprocessing_works_and_its_children_ask_for_nothing(
    start: Start, launch: tuple[list[str], Launch], method: str
) -> None:
    command, how = launch
    function = start(MULTIPROCESSING, handler=how.handler, environ=how.environ, command=command)
    # One more after each, so that a process that asks for invocations would get one.
    for kind, answer in (("process", 14), ("pool", 56), ("manager", 14)):
        for _ in range(2):
            reply = function.call(Invocation(json.dumps([kind, method, 7]).encode()))
            assert json.loads(reply.body) == [answer, 0], reply.body
    ends_with_one_answer_each(function, 6)


def ends_with_one_answer_each(function: Running, invocations: int) -> str:
    """Check what was posted, and that a process only polls for itself; return what was logged."""
    posts = function.api.complete(Route.RESPONSE, Route.ERROR, Route.INIT_ERROR)
    assert len(posts) == len({post.request_id for post in posts}) == invocations
    outcome = function.end()
    assert not outcome.killed
    assert b"ImportError" not in outcome.stderr
    return outcome.stderr.decode()


JOBLIB = """
    import joblib, math

    def handler(event, context):
        jobs = (joblib.delayed(math.sqrt)(number ** 2) for number in range(event))
        return joblib.Parallel(n_jobs=2)(jobs)

    async def coroutine(event, context):
        return handler(event, context)
    """


def test_joblib_finds_its_packages_in_its_processes(
    start: Start, launch: tuple[list[str], Launch]
) -> None:
    command, how = launch
    function = start(JOBLIB, handler=how.handler, environ=how.environ, command=command)
    assert function.call(Invocation(b"3")).body == b"[0.0, 1.0, 2.0]"
    assert function.call(Invocation(b"2")).body == b"[0.0, 1.0]"
    assert "No module" not in ends_with_one_answer_each(function, 2)


FORK = """
    import os, sys, signal, surefoot, threading, time

    @surefoot.on_shutdown
    def hook():
        print("hook in", os.getpid())

    def leave(how):
        if how == "exit":
            sys.exit(3)
        if how == "raise":
            raise ValueError("in the child")
        if how == "interrupt":
            raise KeyboardInterrupt
        if how == "os._exit":
            os._exit(4)
        if how == "terminate":
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(30)
        return "from the child"

    def fork(how):
        if how == "ctypes":
            import ctypes
            return ctypes.CDLL(None).fork()
        return os.fork()

    def daemonise():
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                return True
            os._exit(0)
        os.wait()
        return False

    def handler(event, context):
        if event == "daemon":
            return "from the daemon" if daemonise() else "from the parent"
        pid = fork(event)
        if pid == 0:
            return leave(event)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    async def coroutine(event, context):
        return handler(event, context)

    def stream(event, context):
        yield "begun "
        yield str(handler(event, context))

    async def async_stream(event, context):
        yield "begun "
        yield str(handler(event, context))

    class Odd:
        def __init__(self, event): self.event = event
        def _asdict(self): return {"child": handler(self.event, None)}

    def marshalled(event, context):
        return Odd(event)
    """
# What each child's end means to the process that waits for it.
ENDS = {
    "exit": 3,
    "raise": 1,
    "interrupt": 130,
    "os._exit": 4,
    "terminate": -15,
    "return": 0,
    "ctypes": 0,
}


# The event loop serves coroutine functions and async generators only.
KINDS = ("coroutine", "async_stream", "handler", "stream", "marshalled")
FORKING = [
    pytest.param(launch, kind, id=f"{name}-{kind}")
    for name, launch in LAUNCHES.items()
    for kind in KINDS[: 2 if launch.is_async else None]
]


@pytest.mark.parametrize(("launch", "kind"), FORKING, indirect=["launch"])
def test_a_forked_child_ends_as_its_exit_says_and_answers_nothing(
    start: Start, launch: tuple[list[str], Launch], kind: str
) -> None:
    command, how = launch
    function = start(FORK, handler=f"app.{kind}", environ=how.environ, command=command)
    shapes = {"stream": "begun {}", "async_stream": "begun {}", "marshalled": '{{"child": {}}}'}
    for event, code in ENDS.items():
        answer = function.call(Invocation(json.dumps(event).encode())).body
        assert answer.decode() == shapes.get(kind, "{}").format(code), event
    function.call(Invocation(b'"daemon"'))
    function.call(Invocation(b'"exit"'))
    stderr = ends_with_one_answer_each(function, len(ENDS) + 2)
    assert "in the child" in stderr
    # Every hook that ran, ran in a process that serves, once.
    hooks = [line for line in function.process.finish().stdout.splitlines() if b"hook in" in line]
    assert len(hooks) == len(set(hooks)) <= 2


FORK_AT_IMPORT = """
    import os, sys, time

    if {how!r} == "daemon":
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            time.sleep(0.2)
    elif os.fork() == 0:
        if {how!r} == "exit":
            sys.exit(0)
        if {how!r} == "raise":
            raise ValueError("in the child")

    def handler(event, context):
        return "from the parent"

    async def coroutine(event, context):
        return handler(event, context)
    """


@pytest.mark.parametrize("how", ["exit", "raise", "return", "daemon"])
def test_a_child_that_is_forked_while_the_function_is_imported_is_no_runtime(
    start: Start, launch: tuple[list[str], Launch], how: str
) -> None:
    command, launched = launch
    source = FORK_AT_IMPORT.format(how=how)
    function = start(source, handler=launched.handler, environ=launched.environ, command=command)
    for _ in range(6):
        assert function.call(Invocation()).body == b'"from the parent"'
    ends_with_one_answer_each(function, 6)


def test_a_child_forked_while_idle_lets_go_of_the_connection(
    start: Start, launch: tuple[list[str], Launch]
) -> None:
    command, how = launch
    if "AWS_LAMBDA_MAX_CONCURRENCY" in how.environ:
        # Which worker gets the signal that lets it fork is not to be known.
        how = Launch(how.start)
    function = start(
        """
        import os, signal
        def fork(*_):
            os.fork()
        signal.signal(signal.SIGUSR1, fork)
        def handler(event, context):
            return os.getpid()
        """,
        environ=how.environ,
        command=command,
    )
    pid = function.call(Invocation()).body
    function.api.wait_for(2, Route.NEXT)
    function.process.signal(signal.SIGUSR1)
    for _ in range(4):
        assert function.call(Invocation()).body == pid
    ends_with_one_answer_each(function, 5)
