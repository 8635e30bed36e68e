"""As many places as the Runtime API offers, and each is filled again when its worker dies."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.integration.workers.pool import MEET, PID, running, wait_for_ends, watching
from tests.support.process import Client

BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: client.value)


@BOTH
def test_as_many_invocations_run_at_once_as_there_are_workers(
    tmp_path: Path, client: Client
) -> None:
    with running(tmp_path, MEET, "4", client=client) as pool:
        pool.wait_for_polls(4)
        assert len({each.connection for each in pool.api.requests}) == 4
        invocations, pids = pool.meet(4)
        assert pool.process.pid not in pids
        pool.meeting.release()
        answers = {int(pool.answer(each).body) for each in invocations}
        assert answers == set(pids)


def test_one_place_is_one_worker_and_no_number_is_no_worker(tmp_path: Path) -> None:
    for count, workers in (("1", 1), ("", 0), (None, 0)):
        with running(tmp_path, PID, count) as pool:
            pid = int(pool.call().body)
            assert (pid != pool.process.pid) == workers
            pool.wait_for_polls(2)
            assert pool.polls() == 2


@pytest.mark.parametrize("count", ["-1", "two", "1.5"])
def test_what_is_no_number_is_named(tmp_path: Path, count: str) -> None:
    with running(tmp_path, PID, count) as pool:
        outcome = pool.end()
    assert outcome.code == 78
    assert f"AWS_LAMBDA_MAX_CONCURRENCY is {count!r}".encode() in outcome.stderr


def test_no_place_at_all_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, PID, "0") as pool:
        outcome = pool.end()
    assert outcome.code == 78
    assert b"AWS_LAMBDA_MAX_CONCURRENCY is 0" in outcome.stderr


def test_a_killed_idle_worker_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, MEET, "3") as pool:
        invocations, pids = pool.meet(3)
        pool.meeting.release()
        for each in invocations:
            pool.answer(each)
        pool.wait_for_polls(6)
        os.kill(pids[0], signal.SIGKILL)
        pool.wait_for_polls(7)
        _, after = pool.meet(3)
        assert (pids[0] in after, len(set(after) & set(pids))) == (False, 2)
        pool.meeting.release()
        pool.api.hang_up()
        outcome = pool.end()
    message = f"(pid {pids[0]}), idle, was killed by signal 9 (Killed); perhaps out of memory?\n"
    assert message.encode() in outcome.stderr


def test_a_killed_busy_worker_costs_its_own_invocation_only(tmp_path: Path) -> None:
    with running(tmp_path, MEET, "3") as pool:
        invocations, pids = pool.meet(3)
        os.kill(pids[1], signal.SIGKILL)
        pool.wait_for_polls(4)
        pool.api.wait_until(lambda: any(map(pool.answers, invocations)))
        pool.meeting.release()
        bodies = [json.loads(pool.answer(each).body) for each in invocations]
        assert {each for each in bodies if isinstance(each, int)} == {pids[0], pids[2]}
        (report,) = (each for each in bodies if isinstance(each, dict))
        assert report["errorType"] == "Runtime.ExitError"
        assert "signal 9 (Killed); perhaps out of memory?" in report["errorMessage"]
        assert report["requestId"] in [each.request_id for each in invocations]


@pytest.mark.parametrize("code", [0, 1, 69])
def test_a_handler_that_leaves_is_no_orderly_end(tmp_path: Path, code: int) -> None:
    source = f"def handler(event, context):\n    os._exit({code}) if event else None"
    with running(tmp_path, source, "1") as pool:
        pool.wait_for_polls(1)
        leaving = pool.meeting.invocation()
        pool.api.deliver(leaving)
        report = json.loads(pool.answer(leaving).body)
        assert report["errorType"] == "Runtime.ExitError"
        assert f"exit code {code}" in report["errorMessage"]
        assert pool.call().body == b"null"


def test_the_invocation_id_is_echoed_for_a_dead_worker(tmp_path: Path) -> None:
    source = "def handler(event, context):\n    os.kill(os.getpid(), 9)"
    with running(tmp_path, source, "1") as pool:
        invocation = pool.meeting.invocation()
        named = type(invocation)(
            invocation.event, "a/b", headers={"Lambda-Runtime-Invocation-Id": "n-1"}
        )
        pool.api.deliver(named)
        assert pool.answer(named).header("Lambda-Runtime-Invocation-Id") == b"n-1"


def test_strangers_that_the_supervisor_inherits_are_reaped(tmp_path: Path) -> None:
    # As process 1 of a container it inherits every orphan; as a "subreaper" it does so here.
    source = """
        import ctypes
        ctypes.CDLL(None).prctl(36, 1)
        def handler(event, context):
            if not os.fork():
                if os.fork():
                    os._exit(0)
                os.setsid()
                meet(event)
                os._exit(0)
            os.wait()
            return os.getpid()
    """
    with running(tmp_path, source, "1", environ={"SUREFOOT_PRELOAD": "1"}) as pool:
        (invocation,), (orphan,) = pool.meet(1)
        worker = int(pool.answer(invocation).body)
        pool.wait_for_polls(2)
        parent = Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[1]
        assert int(parent) == pool.process.pid
        with watching(orphan) as handles:
            pool.meeting.release()
            wait_for_ends(handles)
        # By the time that a worker has been replaced, everything before it has been reaped.
        os.kill(worker, signal.SIGKILL)
        pool.wait_for_polls(3)
        assert not Path(f"/proc/{orphan}").exists()
        pool.api.hang_up()
        assert str(orphan).encode() not in pool.end().stderr
