"""What is sent and said of a dead worker, and of workers that are about to start."""

from __future__ import annotations

import json
import logging
import sys
import threading

import pytest

from surefoot._runtime.workers import crash_report
from surefoot._runtime.workers.crash_report import (
    describe_exit,
    log_pool_start,
    report_init,
    report_lost,
    warn_about_threads,
)
from surefoot._runtime.workers.shared_state import ANSWERED, BUSY, IDLE, INIT
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then
from tests.unit import fakes


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(crash_report, "log_to_operator", lines.append)
    return lines


@pytest.mark.parametrize(("invocation_id", "header"), [("n-1", b"n-1"), ("", None)])
def test_the_caller_of_a_lost_invocation_learns_how_its_process_ended(
    said: list[str], invocation_id: str, header: bytes | None
) -> None:
    with RuntimeApi() as api:
        config = fakes.config(AWS_LAMBDA_RUNTIME_API=api.address)
        send = report_lost(config, -9, "one", invocation_id)
        assert api.requests == []
        send()
        (request,) = api.wait_for(1, Route.ERROR)
    assert request.request_id == "one"
    assert request.header("Lambda-Runtime-Invocation-Id") == header
    fields = json.loads(request.body)
    assert (fields["errorType"], fields["requestId"]) == ("Runtime.ExitError", "one")
    assert fields["errorMessage"] == (
        "The process was killed by signal 9 (Killed); perhaps out of memory? "
        "(during the invocation)"
    )
    # The scripted Runtime API knows of no such invocation.
    assert [line.partition(" was ")[2] for line in said] == [
        "refused: the Runtime API expects no answer now."
    ]


def test_lambda_learns_that_the_workers_die_while_they_load(said: list[str]) -> None:
    with RuntimeApi() as api:
        report_init(fakes.config(AWS_LAMBDA_RUNTIME_API=api.address), 3)()
        (request,) = api.wait_for(1, Route.INIT_ERROR)
    fields = json.loads(request.body)
    assert fields["errorMessage"] == (
        "The process ended by itself with exit code 3 (during loading the function)"
    )
    assert said == []


def test_a_message_that_cannot_be_delivered_is_said(said: list[str]) -> None:
    with RuntimeApi(then=Then.HANG_UP) as api:
        pass
    report_lost(fakes.config(AWS_LAMBDA_RUNTIME_API=api.address), -9, "one", "")()
    (line,) = said
    assert "cannot connect to the Runtime API" in line


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [
        (1, INIT, "still loading the function, ended by itself with exit code 1"),
        (0, BUSY, "busy with an invocation, ended by itself with exit code 0"),
        (-15, IDLE, "idle, was killed by signal 15 (Terminated)"),
        (-10, ANSWERED, "idle, was killed by signal 10 (User defined signal 1)"),
        (-9, IDLE, "idle, was killed by signal 9 (Killed); perhaps out of memory?"),
        (-8, IDLE, "idle, was killed by signal 8 (Floating point exception)"),
        (-1, IDLE, "idle, was killed by signal 1 (Hangup)"),
    ],
)
def test_only_a_kill_hints_at_memory(code: int, state: int, words: str) -> None:
    assert describe_exit(code, state, None) == words


def test_threads_of_a_preloaded_function_are_counted_and_the_remedy_named(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    warn_about_threads()
    assert said == []
    monkeypatch.setattr(threading, "active_count", lambda: 3)
    warn_about_threads()
    (line,) = said
    assert line.startswith("the function started 2 thread(s) while it was imported")
    assert "SUREFOOT_PRELOAD=0" in line


def test_a_process_without_threading_has_no_threads(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "threading")
    warn_about_threads()
    assert said == []


@pytest.mark.parametrize(("level", "records"), [("DEBUG", 1), ("INFO", 0)])
def test_the_workers_are_announced_at_debug_only(
    level: str, records: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    log_pool_start(fakes.config(AWS_LAMBDA_LOG_LEVEL=level, AWS_LAMBDA_LOG_FORMAT="JSON"), 4)
    assert len(caplog.records) == records
    for record in caplog.records:
        assert (record.levelname, record.msg) == (
            "DEBUG",
            {
                "event": "runtime_worker_pool_initializing",
                "workerCount": 4,
                "executionEnvironmentMaxConcurrency": 4,
            },
        )
