"""Runs a function's init as Lambda would, up to its first poll, and traces the files it reads."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from ..init_facts import InitFacts, split_facts
from .child import FAILED, READY
from .manifest import build_manifest

_START = """
import sys
runtime, descriptor, event = sys.argv[1:4]
del sys.argv[1:4]
sys.path[0] = runtime
from surefoot_tools.seal.readahead.child import start
start(runtime, int(descriptor), event.encode("utf-8", "surrogateescape") or None)"""
# Four levels up from this file: the directory that holds surefoot and surefoot_tools.
_RUNTIME = os.path.abspath(os.path.join(__file__, *[os.pardir] * 4))
# Variables that Lambda sets and an init may need. The credentials satisfy clients that look for
# some; they are not valid.
_LAMBDA = {
    "AWS_ACCESS_KEY_ID": "seal",
    "AWS_SECRET_ACCESS_KEY": "seal",
    "AWS_SESSION_TOKEN": "seal",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_NAME": "seal",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/seal",
    "AWS_LAMBDA_LOG_STREAM_NAME": "seal",
    "AWS_REGION": "us-east-1",
    "LAMBDA_RUNTIME_DIR": _RUNTIME,
    "LAMBDA_TASK_ROOT": "/var/task",
}
# Nothing listens there: the child ends before it connects.
_FIXED = {
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}
# Nothing is reached, so nothing needs to be tried again.
_WITHOUT_NETWORK = {"AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
_STDERR = 2
_REMOVED = ("AWS_LAMBDA_MAX_CONCURRENCY", "_LAMBDA_TELEMETRY_LOG_FD")


class InitFailed(Exception):
    """The function's init failed. `lines` is the manifest of what it read until then."""

    def __init__(self, reason: str, lines: list[str]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


def trace_init(
    handler: str,
    environ: Mapping[str, str],
    timeout: float,
    python: str = sys.executable,
    *,
    facts: InitFacts | None = None,
    event: str = "",
    identity: Mapping[str, Any] | None = None,
) -> list[str]:
    """Run the init of `handler` in the current directory; return the manifest's lines.

    The function's output goes to stderr.

    :param environ: the build's variables; those that Lambda sets are added
    :param timeout: of init, in seconds
    :param facts: gets what init loaded; the manifest then leaves out what these facts replace
    :param event: JSON; the function is called with it after init, and what that loads is recorded
    :param identity: options of subprocess for another user than this process's
    :raises InitFailed: init raised, ended the process, or took too long
    """
    variables = {**_LAMBDA, **environ, "_HANDLER": handler, **_FIXED}
    if event:
        variables.update(_WITHOUT_NETWORK)
    for name in _REMOVED:
        variables.pop(name, None)
    with tempfile.TemporaryFile() as trace:
        command = [python, "-S", "-c", _START, _RUNTIME, str(trace.fileno()), event, handler]
        reason = _run(command, variables, trace.fileno(), timeout, identity or {})
        trace.seek(0)
        entries = trace.read().decode("utf-8", "surrogateescape").split("\n")
    # Each line ends with a line end, and the last line is the outcome.
    *touches, outcome, _ = ["", *entries]
    touches = split_facts(touches) if facts is None else facts.take(touches)
    lines = build_manifest(touches)
    if outcome == FAILED:
        raise InitFailed("its init failed, as reported above", lines)
    if outcome != READY:
        raise InitFailed(reason, lines)
    return lines


def _run(
    command: list[str],
    variables: dict[str, str],
    descriptor: int,
    timeout: float,
    identity: Mapping[str, Any],
) -> str:
    """Run to the end or the time limit; return the reason to report if the trace has no outcome."""
    try:
        code = subprocess.run(
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=_STDERR,
            pass_fds=[descriptor],
            timeout=timeout,
            check=False,
            **identity,
        ).returncode
    except subprocess.TimeoutExpired:
        return f"its init took longer than {timeout:g} s"
    if code < 0:
        return f"its init was ended by signal {-code}"
    return f"its init ended the process with exit code {code}"
