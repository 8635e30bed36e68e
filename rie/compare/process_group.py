"""A process with all that it starts, ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class ProcessGroup:
    """A process in a session of its own, as a context manager that leaves no process behind.

    It starts with the context, reads nothing from stdin, and has no other environment than the
    given one. `born` is when it was started, in monotonic nanoseconds. `output` and `errors` are
    where its streams go (see subprocess.Popen).
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        output: IO[bytes] | int,
        errors: IO[bytes] | int | None = None,
    ) -> None:
        self.born = 0
        self._command, self._environment, self._folder = [*command], {**environment}, folder
        self._output, self._errors = output, errors

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process id; also that of its group."""
        return self._process.pid

    def start(self) -> None:
        """Start it, which the context does; again after kill()."""
        self.born = time.monotonic_ns()
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._errors,
            start_new_session=True,
        )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it, if it still runs."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to it and everything it started, as Lambda does. Safe to call again."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
