"""Whole invocations: nothing leaks, nothing is written, signals arrive, the shell function runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rie.function import Function, find
from rie.images.image import build_function
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox

if TYPE_CHECKING:
    from docker import DockerClient

    from tests.image.conftest import Logs

TASK = Path(__file__).parent / "task"
Start = Callable[..., Sandbox]
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
    "AWS_SECRET_ACCESS_KEY": "fake-secret-fake-secret",
    "AWS_SESSION_TOKEN": "fake-token-fake-token",
}


def test_a_handlers_failure_is_told_from_a_result(start: Start) -> None:
    sandbox = start("app.fail")
    assert sandbox.invoke(b"{}").outcome is InvocationOutcome.FUNCTION_FAILED
    assert sandbox.invoke(b"{}").outcome is InvocationOutcome.FUNCTION_FAILED


def test_no_log_holds_credentials(start: Start, logs: Logs) -> None:
    for handler in ("app.lock", "app.fail", "broken.handler", "app.missing"):
        sandbox = start(handler, variables=CREDENTIALS)
        sandbox.invoke(b"{}")
        sandbox.stop()
    assert "on purpose, at import" in logs.text
    for value in CREDENTIALS.values():
        assert value not in logs.text


def test_writes_nothing_outside_tmp_even_where_it_could(task_image: str, logs: Logs) -> None:
    sandbox = Sandbox(task_image, Function("test-task", TASK, "app.lock"), logs=logs)
    # Root on a writable root file system: whatever were written would show in the difference.
    sandbox._options.update(user="0:0", read_only=False, cap_drop=[])
    with sandbox:
        assert sandbox.invoke(b"{}").outcome is InvocationOutcome.SUCCEEDED
        changed = {str(change["Path"]) for change in sandbox.container.diff() or []}
    # The function's own bytecode is its own affair: no read-only root would take it.
    own = {path for path in changed if path.startswith("/var/task/__pycache__")}
    assert changed - own <= {"/var", "/var/task", "/tmp"}


def test_sigterm_reaches_python_when_an_extension_is_registered(start: Start, logs: Logs) -> None:
    sandbox = start("extension.handler")
    assert json.loads(sandbox.invoke(b"{}").body) == "registered"
    sandbox.stop()
    assert "goodbye from the SIGTERM handler" in logs.text


def test_the_shell_function_runs_unchanged(
    engine: DockerClient, image: str, start: Start, logs: Logs
) -> None:
    shell = build_function(engine, find("shell"), image)
    sandbox = start("function.handler", of=shell, variables={"APP_ENV": "staging"})
    answer = sandbox.invoke(b'{"scenario": "nightly", "step": "two"}')
    sandbox.stop()
    assert answer.outcome is InvocationOutcome.SUCCEEDED
    assert answer.body.startswith(b"Echoing request: '")
    for line in ("ENV: staging", "SCENARIO: nightly", "STEP: two"):
        assert line in logs.text
