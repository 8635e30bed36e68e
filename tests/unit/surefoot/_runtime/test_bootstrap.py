"""The composition root, as a process: handlers, faults at the start, and what a function sees."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.support.gate import DEADLINE
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess, Outcome, measuring
from tests.support.request import Request
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

SHOW = """
import os, sys
def handler(event, context):
    exec(event)
    return [os.environ.get("_X_AMZN_TRACE_ID"), os.environ.get("_LAMBDA_TELEMETRY_LOG_FD")]
"""


def serve(
    task: Path,
    *script: Invocation,
    handler: str | None = "app.handler",
    environ: dict[str, str | None] | None = None,
) -> tuple[list[Request], Outcome]:
    """Run a process on a script until the sandbox is gone."""
    variables = {**measuring(), **(environ or {})}
    with (
        RuntimeApi(script, then=Then.HANG_UP) as api,
        ClientProcess(Client.SUREFOOT, handler, task, api.address, variables) as process,
    ):
        outcome = process.finish()
    assert not outcome.killed
    return api.requests, outcome


def test_the_trace_id_is_set_and_removed(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SHOW)
    traced = Invocation(b'""', headers={"Lambda-Runtime-Trace-Id": "Root=1"})
    requests, _ = serve(tmp_path, traced, Invocation(b'""'))
    answers = [json.loads(each.body)[0] for each in requests if each.route is Route.RESPONSE]
    assert answers == ["Root=1", None]


def test_the_telemetry_descriptor_is_hidden_from_the_function(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SHOW)
    requests, _ = serve(tmp_path, Invocation(b'""'), environ={"_LAMBDA_TELEMETRY_LOG_FD": "1"})
    assert json.loads(requests[1].body)[1] is None


def test_printed_lines_leave_at_once_whatever_they_hold(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SHOW)
    event = json.dumps("print('\\udcff'); print('é', file=sys.stderr)").encode()
    _, outcome = serve(tmp_path, Invocation(event), environ={"PYTHONIOENCODING": "ascii"})
    assert outcome.stdout == b"\\udcff\n"
    assert outcome.stderr.startswith(b"\\xe9\n")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("raise ValueError('x')", "ValueError"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import nowhere", "Runtime.ImportModuleError"),
        ("", "Runtime.HandlerNotFound"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_one_init_error_and_exit_1(
    tmp_path: Path, source: str, kind: str
) -> None:
    (tmp_path / "app.py").write_text(source)
    requests, outcome = serve(tmp_path)
    assert [each.route for each in requests] == [Route.INIT_ERROR]
    assert json.loads(requests[0].body)["errorType"] == kind
    assert outcome.code == 1


def test_a_missing_module_says_where_it_was_looked_for(tmp_path: Path) -> None:
    requests, outcome = serve(tmp_path)
    assert json.loads(requests[0].body)["errorType"] == "Runtime.ImportModuleError"
    assert f"Looked in {tmp_path}, ".encode() in outcome.stderr
    assert f"and for app.sh in {tmp_path}\n".encode() in outcome.stderr
    assert outcome.code == 1


def test_a_shell_file_serves_where_there_is_no_module(tmp_path: Path) -> None:
    (tmp_path / "function.sh").write_text('handler() { printf "%s" "$1$SUREFOOT_REQUEST_ID"; }')
    requests, _ = serve(tmp_path, Invocation(b'{"a" :1}', "id-1"), handler="function.handler")
    assert requests[1].body == b'{"a" :1}id-1'


def test_an_interrupt_while_idle_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SHOW)
    with (
        RuntimeApi() as api,
        ClientProcess(Client.SUREFOOT, "app.handler", tmp_path, api.address) as process,
    ):
        api.wait_for(1, Route.NEXT)
        process.signal(signal.SIGINT)
        outcome = process.finish(DEADLINE)
    assert (outcome.code, outcome.stderr) == (130, b"")
