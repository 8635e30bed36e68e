"""A running client: its process, output and processor time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType


class Runtime:
    """A started client, as a context manager that leaves no process behind.

    Both its streams go to one file, in the order of writing, as Lambda merges them. `born` is
    when it was started, in monotonic nanoseconds.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], task: Path) -> None:
        # A file and not a pipe, which would have to be read while the client runs.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        self._read = 0
        self.born = time.monotonic_ns()
        self._process = subprocess.Popen(
            list(command),
            cwd=task,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Runtime:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._output.close()

    @property
    def pid(self) -> int:
        """The process id; also that of its group."""
        return self._process.pid

    def output(self) -> str:
        """What it has printed since the last call of this."""
        size = os.fstat(self._output.fileno()).st_size
        data = os.pread(self._output.fileno(), size - self._read, self._read)
        self._read = size
        return data.decode(errors="backslashreplace")

    def cpu_ns(self) -> int:
        """Processor time of all its threads, and of its children that have ended."""
        return cpu_ns(self.pid)

    def wait(self, seconds: float) -> str:
        """Wait for its end and say how it ended; kill it when it does not end in time."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return f"did not end within {seconds:.0f} s"
        if status < 0:
            return f"was killed by signal {-status}"
        return f"exited with status {status}"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it, if it still runs."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to it and everything it started, as Lambda does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def cpu_ns(pid: int) -> int:
    """Nanoseconds so far: of all its threads, and of its children that have ended.

    Raises OSError when there is no such process. Source: clock_getcpuclockid(3), proc(5).
    """
    # The kernel's clock of a process counts nanoseconds where /proc counts ticks; this is how
    # clock_getcpuclockid(3) numbers it.
    own = time.clock_gettime_ns((~pid << 3) | 2)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return own + (int(fields[13]) + int(fields[14])) * _TICK_NS
