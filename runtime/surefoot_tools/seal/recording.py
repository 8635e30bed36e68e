"""Runs a function's init as Lambda would, up to its first poll, and records what that touched."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from surefoot import prefetch

from .footprint import lines_of
from .recorder import FAILED, READY, mappings

_START = """
import sys
runtime, descriptor = sys.argv[1:3]
del sys.argv[1:3]
sys.path[0] = runtime
from surefoot_tools.seal.recorder import start
start(runtime, int(descriptor))"""
_RUNTIME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What a function finds set on Lambda, as far as its init could depend on it. The credentials are
# there for clients that look for some; nothing can be done with them.
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
# Nobody needs to listen here: the recorder ends the process before it would connect.
_FIXED = {
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}
_STDERR = 2
_REMOVED = ("AWS_LAMBDA_MAX_CONCURRENCY", "_LAMBDA_TELEMETRY_LOG_FD")


class InitFailed(Exception):
    """The function's init did not end well: `reason`. `lines` is what was recorded until then."""

    def __init__(self, reason: str, lines: list[str]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


def record(
    handler: str, environ: Mapping[str, str], timeout: float, python: str = sys.executable
) -> list[str]:
    """Run the init of `handler` in the current directory; return the record's lines.

    What the function prints goes to stderr.

    :param environ: the variables of the build; what Lambda always sets is added
    :param timeout: seconds that init may take
    :raises InitFailed: init raised, ended the process, or took longer
    """
    variables = {**_LAMBDA, **environ, "_HANDLER": handler, **_FIXED}
    for name in _REMOVED:
        variables.pop(name, None)
    with tempfile.TemporaryFile() as trace:
        command = [python, "-S", "-c", _START, _RUNTIME, str(trace.fileno()), handler]
        reason = _run(command, variables, trace.fileno(), timeout)
        trace.seek(0)
        entries = trace.read().decode("utf-8", "surrogateescape").split("\n")
    # Each line ends with a line end, and the last line is the outcome.
    *touches, outcome, _ = ["", *entries]
    lines = lines_of(touches)
    if outcome == FAILED:
        raise InitFailed("its init failed, as reported above", lines)
    if outcome != READY:
        raise InitFailed(reason, lines)
    return lines


def write(lines: Sequence[str], path: str = prefetch.RECORD) -> None:
    """Write a record that everybody may read, unless it stands there already. Raises OSError."""
    text = "".join(f"{line}\n" for line in lines)
    if _without_chance(_content(path)) == _without_chance(text):
        return
    temporary = f"{path}.new"
    with open(temporary, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        os.fchmod(file.fileno(), 0o644)
    os.replace(temporary, path)


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _without_chance(record: str) -> list[str]:
    """Return what of a record is the same in each run.

    Which pages the kernel maps around those that were needed is chance: so are the pieces of a
    library, and whether a file that every interpreter maps, such as this one, had new ones at all.
    """
    everywhere = {path for path, *_ in mappings()}
    lines = [line.partition("\t") for line in record.splitlines()]
    return [
        path if ".so" in path else path + tab + rest
        for path, tab, rest in lines
        if path not in everywhere
    ]


def remove(path: str = prefetch.RECORD) -> None:
    """Remove the record of an earlier build, which a start would read ahead. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _run(command: list[str], variables: dict[str, str], descriptor: int, timeout: float) -> str:
    """Run to the end or the time limit; return what is to be said if no outcome was recorded."""
    try:
        code = subprocess.run(
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=_STDERR,
            pass_fds=[descriptor],
            timeout=timeout,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return f"its init took longer than {timeout:g} s"
    if code < 0:
        return f"its init was ended by signal {-code}"
    return f"its init ended the process with exit code {code}"
