"""SIGTERM: what is under way is finished, nothing new is asked for, and it does not take long."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.integration.workers.pool import MEET, PID, running, wait_for_ends, watching
from tests.support.route import Route

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@BOTH
def test_idle_workers_end_at_once(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, PID, "3") as pool:
        pool.wait_for_polls(3)
        pool.process.signal(number)
        outcome = pool.end()
        assert (outcome.code, outcome.stderr, pool.polls()) == (0, b"", 3)


@BOTH
@pytest.mark.parametrize("group", [False, True], ids=["supervisor", "group"])
def test_busy_workers_finish_and_ask_no_more(
    tmp_path: Path, number: signal.Signals, group: bool
) -> None:
    with running(tmp_path, MEET, "3") as pool:
        pool.wait_for_polls(3)
        idle = set(children(pool.process.pid))
        invocations, pids = pool.meet(2)
        idle -= set(pids)
        with watching(*idle) as handles:
            if group:
                os.killpg(pool.process.pid, number)
            else:
                pool.process.signal(number)
            wait_for_ends(handles)
        pool.meeting.release()
        assert {pool.answer(each).route for each in invocations} == {Route.RESPONSE}
        outcome = pool.end()
        assert (outcome.code, outcome.stderr, pool.polls()) == (0, b"", 3)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_second_signal_kills(tmp_path: Path) -> None:
    with running(tmp_path, MEET, "2") as pool:
        pool.wait_for_polls(2)
        (idle,) = set(children(pool.process.pid)) - set(pool.meet(1)[1])
        with watching(idle) as handles:
            pool.process.signal(signal.SIGTERM)
            wait_for_ends(handles)
        pool.process.signal(signal.SIGTERM)
        outcome = pool.end()
        assert (outcome.code, pool.api.complete(Route.RESPONSE)) == (137, [])
    assert outcome.stderr == b"surefoot: 1 of 2 workers are not done; killing them.\n"


def test_no_worker_waits_for_ever(tmp_path: Path) -> None:
    with running(tmp_path, MEET, "1") as pool:
        pool.meet(1)
        pool.process.signal(signal.SIGTERM)
        assert pool.end().code == 137


def test_workers_that_still_load_end_at_once(tmp_path: Path) -> None:
    source = """
        open(f"loading-{os.getpid()}", "w").close()
        with open("signalled", "w") as signalled:
            signalled.write("x")
        signal.pause()
    """
    os.mkfifo(tmp_path / "signalled")
    with running(tmp_path, source, "1") as pool:
        assert (tmp_path / "signalled").read_text() == "x"
        pool.process.signal(signal.SIGTERM)
        outcome = pool.end()
    assert (outcome.code, outcome.stderr) == (0, b"")


@pytest.mark.parametrize("preload", ["0", "1"])
def test_the_functions_own_handler_runs_in_each_worker(tmp_path: Path, preload: str) -> None:
    source = """
        def goodbye(*_):
            # In one piece: both workers write to one pipe.
            os.write(1, b"goodbye from %d\\n" % os.getpid())
        signal.signal(signal.SIGTERM, goodbye)
        def handler(event, context):
            meet(event)
            return os.getpid()
    """
    with running(tmp_path, source, "2", environ={"SUREFOOT_PRELOAD": preload}) as pool:
        (invocation,), (busy,) = pool.meet(1)
        pool.wait_for_polls(2)
        (idle,) = set(children(pool.process.pid)) - {busy}
        with watching(idle) as handles:
            pool.process.signal(signal.SIGTERM)
            wait_for_ends(handles)
        pool.meeting.release()
        assert pool.answer(invocation).route is Route.RESPONSE
        outcome = pool.end()
    said = outcome.stdout.decode().splitlines()
    assert sorted(said) == sorted(f"goodbye from {pid}" for pid in (busy, idle))
    assert outcome.code == 0


@pytest.mark.parametrize("preload", ["0", "1"])
def test_shutdown_hooks_and_atexit_run_in_workers(tmp_path: Path, preload: str) -> None:
    source = """
        import atexit, surefoot
        surefoot.on_shutdown(lambda: os.write(1, b"hook %d\\n" % os.getpid()))
        atexit.register(lambda: os.write(1, b"atexit %d\\n" % os.getpid()))
        def handler(event, context):
            return os.getpid()
    """
    with running(tmp_path, source, "1", environ={"SUREFOOT_PRELOAD": preload}) as pool:
        pid = int(pool.call().body)
        pool.wait_for_polls(2)
        pool.process.signal(signal.SIGTERM)
        said = pool.end().stdout.decode().splitlines()
    assert said[:2] == [f"hook {pid}", f"atexit {pid}"]
