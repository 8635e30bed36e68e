"""SIGALRM and faulthandler belong to the function; the deadline guard works around its use."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.integration.features.conftest import Running, Start
from tests.support.invocation import Invocation
from tests.support.route import Route

SOURCE = """
    import _signal, faulthandler, signal, time

    def ring(*_):
        raise TimeoutError("the function's own")

    def decorated():
        old = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 60)
        try:
            return "done"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)

    def with_alarm():
        old = signal.signal(signal.SIGALRM, ring)
        before = signal.alarm(60)
        after = signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
        return before, after

    USES = {
        "decorated": decorated,
        "with_alarm": with_alarm,
        "install": lambda: signal.signal(signal.SIGALRM, ring),
        "default": lambda: signal.signal(signal.SIGALRM, signal.SIG_DFL),
        "ignore": lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN),
        "by keyword": lambda: signal.signal(signalnum=signal.SIGALRM, handler=ring),
        "unregister": lambda: faulthandler.unregister(signal.SIGALRM),
        "register": lambda: faulthandler.register(signal.SIGALRM, all_threads=False),
        "enable": lambda: (faulthandler.enable(), faulthandler.disable()),
        "later": lambda: faulthandler.dump_traceback_later(60),
        "cancel": lambda: faulthandler.cancel_dump_traceback_later(),
        "nothing": lambda: None,
    }

    def hang():
        time.sleep(30)

    def handler(event, context):
        if event == "hang":
            hang()
        if event == "timer":
            return _signal.getitimer(signal.ITIMER_REAL)
        if event == "look":
            handler = signal.getsignal(signal.SIGALRM)
            return [
                str(handler), signal.getitimer(signal.ITIMER_REAL), signal.alarm(0),
                signal.setitimer(signal.ITIMER_REAL, 0),
            ]
        for use in event:
            USES[use]()
        return "well"
    """
USES = (
    *("decorated", "with_alarm", "install", "default", "ignore", "by keyword"),
    *("unregister", "register", "enable", "later", "cancel", "nothing"),
)


def in_seconds(seconds: float, event: object) -> Invocation:
    """An invocation that ends in so many seconds; the guard acts at nine tenths of them."""
    deadline = str(int((time.time() + seconds) * 1000))
    headers = {"Lambda-Runtime-Deadline-Ms": deadline}
    return Invocation(json.dumps(event).encode(), headers=headers)


def time_out(function: Running) -> str:
    """Let an invocation hang until the guard speaks; return what it wrote."""
    function.api.wait_for(1, Route.NEXT)
    function.api.deliver(in_seconds(3, "hang"))
    return function.process.wait_for_output(b" in handler").decode()


@pytest.mark.parametrize("use", USES)
def test_a_time_out_shows_the_stack_whatever_the_function_did_with_the_alarm(
    start: Start, use: str
) -> None:
    function = start(SOURCE)
    assert function.call(in_seconds(60, [use])).body == b'"well"'
    log = time_out(function)
    assert " in handler" in log
    assert log.count(" in hang") == 1


def test_a_time_out_shows_the_stack_when_the_alarm_was_used_in_the_same_invocation(
    start: Start,
) -> None:
    function = start(
        SOURCE.replace(
            '        if event == "hang":\n',
            '        if event == "hang":\n            decorated()\n',
        )
    )
    invocation = in_seconds(3, "hang")
    function.api.deliver(invocation)
    log = function.process.wait_for_output(b"is about to time out").decode()
    assert log.count(" in hang") == 1


@pytest.mark.parametrize("use", USES)
def test_no_timer_outlives_its_invocation(start: Start, use: str) -> None:
    function = start(SOURCE)
    function.call(in_seconds(60, [use]))
    # Without a deadline the guard sets none: what is there now is left over.
    without_deadline = Invocation(b'"timer"', headers={"Lambda-Runtime-Deadline-Ms": "0"})
    assert function.call(without_deadline).body == b"[0.0, 0.0]"


def test_the_function_finds_the_alarm_unused(start: Start) -> None:
    function = start(SOURCE)
    for _ in range(2):
        handler, timer, alarm, setitimer = json.loads(function.call(in_seconds(60, "look")).body)
        assert "SIG_DFL" in handler or handler == "0"
        assert (timer, alarm, setitimer) == ([0, 0], 0, [0, 0])


def test_an_alarm_without_a_handler_ends_the_process_as_ever(start: Start) -> None:
    function = start(
        """
        import signal, threading, time
        def handler(event, context):
            if event == "thread":
                thread = threading.Thread(target=signal.setitimer, args=[signal.ITIMER_REAL, 0.05])
                thread.start()
                thread.join()
            else:
                signal.setitimer(signal.ITIMER_REAL, 0.05)
            time.sleep(30)
        """
    )
    function.api.deliver(in_seconds(60, None))
    assert function.process.finish().code == -signal.SIGALRM


def test_a_child_that_the_handler_forks_has_the_alarm_for_itself(start: Start) -> None:
    function = start(
        """
        import os, signal
        def handler(event, context):
            pid = os.fork()
            if pid == 0:
                usual = signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
                signal.setitimer(signal.ITIMER_REAL, 0.01)
                while usual:
                    signal.pause()
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        """
    )
    assert function.call(in_seconds(60, None)).body == b"-14"
