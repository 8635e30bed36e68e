"""A runtime client as a process of its own, in a task directory, with a clean environment."""

from __future__ import annotations

import contextlib
import enum
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rie.compare.process_group import ProcessGroup
from tests.support.gate import DEADLINE

_COVERAGE = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
RUNTIME = Path(__file__).resolve().parents[2] / "runtime"


class Client(enum.Enum):
    """Which runtime client runs the handler."""

    SUREFOOT = "surefoot"
    AWSLAMBDARIC = "awslambdaric"


@dataclass(frozen=True)
class Outcome:
    """What a process left behind; `code` is negative for a signal, `killed` says ours."""

    stdout: bytes
    stderr: bytes
    code: int
    killed: bool


def lambda_environment(address: str, task: Path) -> dict[str, str]:
    """The variables that every function has; nothing of the test's own environment."""
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":/etc/localtime",
        "HOME": "/tmp",
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/02/[$LATEST]0123456789abcdef",
        "PYTHONPATH": str(RUNTIME),
    }


def measuring() -> dict[str, str]:
    """What makes coverage measure a process, where the tests themselves are measured.

    Such a process starts later, needs more memory, and opens a file when it ends.
    """
    return {name: os.environ[name] for name in _COVERAGE if name in os.environ}


class ClientProcess(ProcessGroup):
    """A running client; a context manager that leaves no process behind.

    `handler` None leaves the argument out, for the case that only _HANDLER is set. `environ`
    adds to or (with None) takes from the usual variables. `command` starts the client another way.
    """

    def __init__(
        self,
        client: Client,
        handler: str | None,
        task: Path,
        address: str,
        environ: Mapping[str, str | None] | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        start = [sys.executable, "-m", client.value] if command is None else command
        merged = {**lambda_environment(address, task), **(environ or {})}
        # Files, not pipes: nothing has to read while the process runs, so nothing can block it.
        self._files = contextlib.ExitStack()
        self._stdout = self._files.enter_context(tempfile.TemporaryFile())
        self._stderr = self._files.enter_context(tempfile.TemporaryFile())
        super().__init__(
            [*start, *([handler] if handler else [])],
            {name: value for name, value in merged.items() if value is not None},
            task,
            self._stdout,
            self._stderr,
        )

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self._files.close()

    def peak_memory_mb(self) -> float:
        """The most resident memory that the client ever had, in MiB (VmHWM of proc(5))."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024

    def wait_for_output(self, text: bytes, deadline: float = DEADLINE) -> bytes:
        """Wait until the client has written ``text``, to whichever stream; return all it wrote."""
        end = time.monotonic() + deadline
        while text not in (written := self._written()):
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} was not written; so far: {written!r}")
            time.sleep(0.01)
        # Both files are read one after the other: what came before the text is there now.
        return self._written()

    def _written(self) -> bytes:
        # By position: the client writes where its own offset is, which these files share.
        files = (self._stdout.fileno(), self._stderr.fileno())
        return b"".join(os.pread(each, os.fstat(each).st_size, 0) for each in files)

    def finish(self, deadline: float = DEADLINE) -> Outcome:
        """Wait for the end; after `deadline` seconds kill it and say so in the outcome."""
        killed = False
        try:
            self._process.wait(deadline)
        except subprocess.TimeoutExpired:
            killed = True
        self.kill()
        return Outcome(
            _content(self._stdout), _content(self._stderr), self._process.returncode, killed
        )


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
