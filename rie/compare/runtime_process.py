"""A running client: its process, output and processor time."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rie.compare.process_group import ProcessGroup


class Runtime(ProcessGroup):
    """A client in a process group.

    Both its streams go to one file, in the order of writing, as Lambda merges them.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], task: Path) -> None:
        # A file and not a pipe, which would have to be read while the client runs.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        self._read = 0
        super().__init__(command, environment, task, self._file, subprocess.STDOUT)

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self._file.close()

    def output(self) -> str:
        """What it has printed since the last call of this."""
        size = os.fstat(self._file.fileno()).st_size
        data = os.pread(self._file.fileno(), size - self._read, self._read)
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
