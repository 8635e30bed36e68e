"""What a function's own processes and descriptors, and a full log, do to workers."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.integration.workers.pool import running, wait_for_ends, watching
from tests.support.gate import DEADLINE, Gate
from tests.support.invocation import Invocation
from tests.support.popen import Popen
from tests.support.process import lambda_environment
from tests.support.reply import ACCEPTED, Reply
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi

CLOSE = """
def handler(event, context):
    os.closerange(3, 256)
    return os.getpid()
"""
TAKE = """
import socket
kept = []
def handler(event, context):
    if not kept:
        os.closerange(3, 256)
        kept.extend(socket.socketpair() for _ in range(8))
    return os.getpid()
"""


@pytest.mark.parametrize("source", [CLOSE, TAKE], ids=["closed", "taken"])
def test_a_worker_whose_descriptors_are_gone_goes_on(tmp_path: Path, source: str) -> None:
    with running(tmp_path, source, "1") as pool:
        pids = {pool.call().body for _ in range(4)}
        pool.wait_for_polls(5)
        assert len(pids) == 1
        pool.api.hang_up()
        # No worker died on the way.
        assert b"(pid " not in pool.end().stderr


def test_a_worker_without_its_lifeline_does_not_outlive_the_supervisor(tmp_path: Path) -> None:
    with running(tmp_path, CLOSE, "1") as pool:
        pid = int(pool.call().body)
        pool.wait_for_polls(2)
        with watching(pid) as handles:
            os.kill(pool.process.pid, signal.SIGKILL)
            wait_for_ends(handles)


def test_a_child_that_outlives_its_worker_keeps_neither_its_place_nor_its_connection(
    tmp_path: Path,
) -> None:
    source = """
        def handler(event, context):
            if event and not os.fork():
                os.setsid()
                meet(event)
                os._exit(0)
            return os.getpid()
    """
    with running(tmp_path, source, "1") as pool:
        (invocation,), _ = pool.meet(1)
        worker = int(pool.answer(invocation).body)
        pool.wait_for_polls(2)
        os.kill(worker, signal.SIGKILL)
        # The Runtime API sees that the connection is at its end: what comes now is not sent there.
        pool.wait_for_polls(3)
        assert int(pool.call().body) != worker


@pytest.mark.parametrize("way", ["return", "raise", "exit"])
def test_a_forked_child_that_comes_back_answers_nothing(tmp_path: Path, way: str) -> None:
    source = f"""
        import sys
        def handler(event, context):
            if event and not os.fork():
                if {way!r} == "raise":
                    raise ValueError("in the child")
                if {way!r} == "exit":
                    sys.exit(3)
                return "from the child"
            if event:
                os.wait()
            return "from the worker"
    """
    with running(tmp_path, source, "1") as pool:
        for event in (b"1", b"1", b"0"):
            invocation = Invocation(event)
            pool.api.deliver(invocation)
            assert pool.answer(invocation).body == b'"from the worker"'
        pool.wait_for_polls(4)
        assert pool.polls() == 4
        pool.process.signal(signal.SIGTERM)
        assert pool.end().code == 0


def test_a_log_that_is_full_prevents_no_answer(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import os\ndef handler(event, context):\n    os.kill(os.getpid(), 9) if event else None\n"
    )
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writing, True)
    with RuntimeApi() as api:
        environ = lambda_environment(api.address, tmp_path)
        environ["AWS_LAMBDA_MAX_CONCURRENCY"] = "1"
        command = [sys.executable, "-m", "surefoot", "app.handler"]
        with Popen(command, cwd=tmp_path, env=environ, stderr=writing) as process:
            for event, route in ((b"1", Route.ERROR), (b"0", Route.RESPONSE)) * 2:
                invocation = Invocation(event)
                api.deliver(invocation)
                api.wait_until(
                    lambda wanted=invocation.request_id: any(  # type: ignore[misc]
                        each.request_id == wanted
                        for each in api.complete(Route.ERROR, Route.RESPONSE)
                    )
                )
                answers = [
                    each.route
                    for each in api.complete(Route.ERROR, Route.RESPONSE)
                    if each.request_id == invocation.request_id
                ]
                assert answers == [route]
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE) == 0
    os.close(writing)
    os.close(reading)


def test_a_report_that_the_runtime_api_refuses_delays_no_worker(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            os.kill(os.getpid(), 9)
    """
    never = Gate()
    stuck = Reply(ACCEPTED.pieces, gate=never)
    with running(tmp_path, source, "1") as pool:
        invocation = Invocation(answers=[stuck])
        pool.api.deliver(invocation)
        never.wait_until_reached()
        pool.wait_for_polls(2)
        pool.process.signal(signal.SIGTERM)
        assert pool.end().code == 0
        never.open()
        report = json.loads(pool.answer(invocation).body)
        assert report["errorType"] == "Runtime.ExitError"
