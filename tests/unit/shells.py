"""Shell functions for tests: a real bash, called as the loop calls it."""

from __future__ import annotations

import json
from pathlib import Path

from surefoot._runtime.context import LambdaContext
from surefoot._runtime.handlers.shell import ShellFunction
from tests.unit import fakes

DEADLINE = {"lambda-runtime-deadline-ms": "4102444800000"}


def context() -> LambdaContext:
    """The context of one invocation that has all the time in the world."""
    return LambdaContext(fakes.invocation(headers=DEADLINE), fakes.config(), json.loads, print)


def shell(tmp_path: Path, body: str, top: str = "") -> ShellFunction:
    """The function `handler` with this body, in a file with these lines at its top."""
    script = tmp_path / "function.sh"
    script.write_text(f"{top}\nhandler() {{\n{body}\n}}\n")
    return ShellFunction(str(script), "handler")


def call(function: ShellFunction, event: bytes = b"{}") -> bytes:
    """The answer to one event; bash ends with it."""
    try:
        return function(event, context())
    finally:
        function.close()
