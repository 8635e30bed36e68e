"""A function that cannot be loaded, and one that dies again and again."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.integration.workers.pool import Pool, running, wait_for_ends, watching
from tests.support.route import Route

PRELOAD = pytest.mark.parametrize("preload", ["0", "1"], ids=["each", "preload"])


def reports(pool: Pool) -> list[str]:
    """The types of the init errors that were posted."""
    return [json.loads(each.body)["errorType"] for each in pool.api.complete(Route.INIT_ERROR)]


@PRELOAD
@pytest.mark.parametrize("count", ["1", "5"])
def test_a_failed_import_is_reported_once_and_ends_everything(
    tmp_path: Path, count: str, preload: str
) -> None:
    with running(
        tmp_path, "raise ValueError('no luck')", count, environ={"SUREFOOT_PRELOAD": preload}
    ) as pool:
        outcome = pool.end()
        assert reports(pool) == ["ValueError"]
        assert pool.polls() == 0
    assert outcome.code == 1


def test_one_failed_import_ends_those_that_still_load(tmp_path: Path) -> None:
    source = """
        try:
            os.mkdir("first")
        except FileExistsError:
            raise ValueError("second") from None
        signal.pause()
        def handler(event, context): pass
    """
    with running(tmp_path, source, "2") as pool:
        assert pool.end().code == 1
        assert reports(pool) == ["ValueError"]


def test_a_replacement_that_cannot_load_ends_the_runtime_after_the_others_are_done(
    tmp_path: Path,
) -> None:
    source = """
        if os.path.exists("broken"):
            raise ValueError("broken now")
        def handler(event, context):
            meet(event)
            return os.getpid()
    """
    with running(tmp_path, source, "3") as pool:
        invocations, pids = pool.meet(2)
        pool.wait_for_polls(3)
        (tmp_path / "broken").touch()
        os.kill(pids[0], signal.SIGKILL)
        pool.api.wait_for(1, Route.INIT_ERROR)
        pool.meeting.release()
        answers = [pool.answer(each).route for each in invocations]
        assert sorted(answers, key=str) == [Route.ERROR, Route.RESPONSE]
        assert pool.end().code == 1
        assert reports(pool) == ["ValueError"]


def test_workers_that_die_while_loading_end_the_runtime_with_an_init_error(
    tmp_path: Path,
) -> None:
    with running(tmp_path, "os.kill(os.getpid(), signal.SIGSEGV)", "2") as pool:
        outcome = pool.end()
        assert reports(pool) == ["Runtime.ExitError"]
        (report,) = (json.loads(each.body) for each in pool.api.complete(Route.INIT_ERROR))
        assert "signal 11" in report["errorMessage"]
        assert "loading the function" in report["errorMessage"]
    assert outcome.code == 70
    assert outcome.stderr.count(b"still loading the function, was killed by signal 11") == 7
    assert b"died 7 times in a row" in outcome.stderr


def test_a_handler_that_kills_each_worker_ends_the_runtime(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    with running(tmp_path, source, "2") as pool:
        invocations = [pool.meeting.invocation() for _ in range(7)]
        pool.api.deliver(*invocations)
        assert {pool.answer(each).route for each in invocations} == {Route.ERROR}
        assert (pool.end().code, reports(pool)) == (70, [])


def test_an_invocation_that_succeeds_in_between_breaks_the_row(tmp_path: Path) -> None:
    source = """
        def handler(event, context):
            if event:
                os.kill(os.getpid(), signal.SIGKILL)
    """
    with running(tmp_path, source, "1") as pool:
        for _ in range(8):
            deadly = pool.meeting.invocation()
            pool.api.deliver(deadly)
            assert pool.answer(deadly).route is Route.ERROR
            assert pool.call().route is Route.RESPONSE


def test_no_worker_outlives_the_supervisor(tmp_path: Path) -> None:
    with running(tmp_path, "def handler(event, context):\n    meet(event)", "3") as pool:
        _, pids = pool.meet(3)
        with watching(pool.process.pid) as supervisor, watching(*pids) as workers:
            # Alone, not with its group: what is left has to notice by itself.
            os.kill(pool.process.pid, signal.SIGKILL)
            wait_for_ends(supervisor)
            pool.meeting.release()
            wait_for_ends(workers)
        pool.api.wait_for(3, Route.RESPONSE)
        assert pool.polls() == 3
