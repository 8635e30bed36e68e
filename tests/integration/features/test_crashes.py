"""Crashes, an import that does not end, signals: the log says where, and the process ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.route import Route

CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")


@pytest.mark.parametrize("name", CRASHES)
@pytest.mark.parametrize("during", ["import", "handler"])
def test_a_crash_leaves_a_stack_in_the_log(start: Start, name: str, during: str) -> None:
    function = start(
        f"""
        import ctypes
        def crash():
            ctypes.CDLL(None)["raise"]({int(signal.Signals[name])})
        def handler(event, context):
            crash()
        if {during == "import"}:
            crash()
        """
    )
    function.api.deliver(Invocation())
    outcome = function.process.finish()
    assert outcome.code == -signal.Signals[name]
    assert b"Fatal Python error" in outcome.stderr
    assert b" in crash" in outcome.stderr


@pytest.mark.parametrize(
    "environ",
    [{}, {"AWS_LAMBDA_MAX_CONCURRENCY": "1"}],
    ids=["one by one", "workers"],
)
def test_an_import_that_does_not_end_shows_where_it_is(
    start: Start, environ: dict[str, str]
) -> None:
    # Lambda gives init 10 s; the guard speaks this much earlier, so here at once.
    function = start(
        """
        import threading
        def wait_for_itself():
            lock = threading.Lock()
            with lock:
                lock.acquire()
        thread = threading.Thread(target=wait_for_itself, daemon=True)
        thread.start()
        thread.join()
        def handler(event, context):
            return "never"
        """,
        environ={**environ, "SUREFOOT_DEADLINE_MARGIN_MS": "1000"},
    )
    log = function.process.wait_for_output(b"Lambda ends an init after 10 s").decode()
    assert " in wait_for_itself" in log
    assert "app.py" in log
    assert "the function has been loading for 9 s" in log


@pytest.mark.parametrize("lifecycle", ["", "surefoot.on_shutdown(print, 'closed')"])
@pytest.mark.parametrize("during", ["import", "idle", "handler"])
def test_the_first_process_of_a_container_ends_at_sigterm(
    start: Start, during: str, lifecycle: str
) -> None:
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not make a process namespace")
    function = start(
        f"""
        import os, surefoot, time
        {lifecycle}
        assert os.getpid() == 1
        def wait():
            print("waiting")
            time.sleep(30)
        if {during == "import"}:
            wait()
        def handler(event, context):
            wait()
        """,
        command=[*command, sys.executable, "-m", "surefoot"],
    )
    if during == "idle":
        function.api.wait_for(1, Route.NEXT)
    else:
        function.api.deliver(Invocation())
        function.process.wait_for_output(b"waiting")
    (child,) = _children(function.process.pid)
    os.kill(child, signal.SIGTERM)
    if lifecycle and during == "handler":
        # It finishes what it has in hand, as any process with hooks does.
        return
    outcome = function.process.finish()
    assert not outcome.killed
    if lifecycle and during == "idle":
        assert b"closed" in outcome.stdout


def _children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in children.split()]


SIGNAL_HANDLERS = {
    "a function": "def ended(number, frame): sys.exit(number + 1)",
    "any arguments": "def ended(*args): sys.exit(args[0] + 1)",
    "deeper": "def leave(number): sys.exit(number + 1)\ndef ended(number, frame): leave(number)",
    "a method": (
        "class Ender:\n    def end(self, number, frame): sys.exit(number + 1)\nended = Ender().end"
    ),
    "an object": (
        "class Ender:\n    def __call__(self, number, frame): sys.exit(number + 1)\nended = Ender()"
    ),
    "a partial": (
        "import functools\ndef end(more, number, frame): sys.exit(number + more)\n"
        "ended = functools.partial(end, 1)"
    ),
}


@pytest.mark.parametrize("source", SIGNAL_HANDLERS.values(), ids=SIGNAL_HANDLERS)
def test_an_exit_from_the_functions_signal_handler_ends_the_process_with_its_code(
    start: Start, source: str
) -> None:
    function = start(
        f"import os, signal, sys, time\n{source}\nsignal.signal(signal.SIGTERM, ended)\n"
        "def handler(event, context):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(30)\n"
    )
    answer = function.call(Invocation())
    assert answer.route is Route.ERROR
    assert json.loads(answer.body)["errorType"] == "SystemExit"
    assert function.process.finish().code == 16


def test_an_exit_of_the_handler_itself_fails_its_invocation_only(start: Start) -> None:
    function = start(
        """
        import signal, sys
        def ended(number=0, frame=None):
            sys.exit(3)
        signal.signal(signal.SIGTERM, ended)
        def handler(event, context):
            ended(*event)
        """
    )
    for event in (b"[]", b"[15]", b"[15, null]", b"[]"):
        assert json.loads(function.call(Invocation(event)).body)["errorType"] == "SystemExit"


def test_the_log_of_a_time_out_is_complete_when_stderr_is_not_the_interpreters(
    start: Start,
) -> None:
    function = start(
        """
        import io, sys, time
        sys.stderr = io.StringIO()
        def handler(event, context):
            time.sleep(30)
        """
    )
    function.api.deliver(function.soon())
    assert b" in handler" in function.process.wait_for_output(b" in handler")
