"""SUREFOOT_PRELOAD=1: the function is imported once, and all workers share the memory."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.integration.workers.pool import running
from tests.support.invocation import Invocation
from tests.support.route import Route

PRELOAD = {"SUREFOOT_PRELOAD": "1"}
IMPORTS = """
with open("imports", "a") as imports:
    imports.write(f"{os.getpid()}\\n")
def handler(event, context):
    meet(event)
    return os.getpid()
"""


@pytest.mark.parametrize("preload", ["0", "1"])
def test_the_module_is_imported_once_or_once_for_each_worker(tmp_path: Path, preload: str) -> None:
    with running(tmp_path, IMPORTS, "3", environ={"SUREFOOT_PRELOAD": preload}) as pool:
        invocations, pids = pool.meet(3)
        os.kill(pids[0], signal.SIGKILL)
        pool.meeting.release()
        for each in invocations:
            pool.answer(each)
        pool.wait_for_polls(6)
        importers = {int(line) for line in (tmp_path / "imports").read_text().split()}
        if preload == "1":
            assert importers == {pool.process.pid}
        else:
            assert len(importers) == 4
            assert importers > set(pids)


def test_what_was_made_at_import_is_out_of_the_collectors_sight(tmp_path: Path) -> None:
    source = """
        import gc
        kept = [[] for _ in range(100_000)]
        def handler(event, context):
            return gc.get_freeze_count(), gc.isenabled(), len(gc.get_objects())
    """
    with running(tmp_path, source, "1", environ=PRELOAD) as pool:
        frozen, enabled, tracked = json.loads(pool.call().body)
    assert frozen > 100_000 > tracked
    assert enabled


def test_text_that_was_not_flushed_is_printed_once(tmp_path: Path) -> None:
    source = "print('half a line', end='')\ndef handler(event, context):\n    pass"
    with running(tmp_path, source, "3", environ=PRELOAD) as pool:
        pool.wait_for_polls(3)
        pool.process.signal(signal.SIGTERM)
        assert pool.end().stdout == b"half a line"


def test_workers_differ_by_chance(tmp_path: Path) -> None:
    source = """
        import random
        def handler(event, context):
            meet(event)
            return random.random()
    """
    with running(tmp_path, source, "3", environ=PRELOAD) as pool:
        invocations, _ = pool.meet(3)
        pool.meeting.release()
        assert len({pool.answer(each).body for each in invocations}) == 3


@pytest.mark.parametrize("preload", ["0", "1"])
def test_each_worker_has_a_deadline_guard_of_its_own(tmp_path: Path, preload: str) -> None:
    source = """
        def handler(event, context):
            try:
                signal.pause()
            finally:
                print("cleaned up", flush=True)
    """
    environ = {"SUREFOOT_PRELOAD": preload, "SUREFOOT_DEADLINE_RAISE": "1"}
    with running(tmp_path, source, "2", environ=environ) as pool:
        pool.wait_for_polls(2)
        soon = str(int(time.time() * 1000) + 1_500)
        late = [Invocation(headers={"Lambda-Runtime-Deadline-Ms": soon}) for _ in range(2)]
        pool.api.deliver(*late)
        for each in late:
            answer = pool.answer(each)
            assert answer.route is Route.ERROR
            assert json.loads(answer.body)["errorType"] == "DeadlineExceeded"
        # Both go on.
        pool.wait_for_polls(4)


def test_coroutine_handlers_have_a_loop_in_each_worker(tmp_path: Path) -> None:
    source = """
        import asyncio
        async def handler(event, context):
            await asyncio.to_thread(meet, event)
            return os.getpid()
    """
    with running(tmp_path, source, "2", environ=PRELOAD) as pool:
        for _ in range(2):
            invocations, pids = pool.meet(2)
            pool.meeting.release()
            assert {int(pool.answer(each).body) for each in invocations} == set(pids)


def test_threads_that_stay_behind_are_mentioned(tmp_path: Path) -> None:
    source = """
        import threading
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        def handler(event, context):
            return threading.active_count()
    """
    with running(tmp_path, source, "1", environ=PRELOAD) as pool:
        assert pool.call().body == b"1"
        pool.wait_for_polls(2)
        pool.process.signal(signal.SIGTERM)
        assert b"the function started 1 thread(s)" in pool.end().stderr


def test_a_shell_function_is_sourced_by_each_worker_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "function.sh").write_text('handler() { echo "$PPID $1"; }\n')
    with running(tmp_path, "", "2", handler="function.handler", environ=PRELOAD) as pool:
        pool.wait_for_polls(2)
        invocations = [Invocation(str(number).encode()) for number in range(8)]
        pool.api.deliver(*invocations)
        answers = [pool.answer(each).body.split() for each in invocations]
    assert [int(number) for _, number in answers] == list(range(8))
    assert str(pool.process.pid).encode() not in {parent for parent, _ in answers}
