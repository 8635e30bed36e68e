"""One process under measurement, and what the kernel knows about it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rie.compare.runtime_process import cpu_ns


class Running:
    """A contender's process; as a context manager it leaves nothing. `born`: monotonic ns."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        cwd: Path,
        root: Path = Path("/"),
    ) -> None:
        self._command = command
        self._root = root
        self._environ = environ
        self._cwd = cwd
        self.born = 0

    def __enter__(self) -> Running:
        self.born = time.monotonic_ns()
        self._process = subprocess.Popen(
            self._command,
            cwd=self._cwd if self._root == Path("/") else None,
            preexec_fn=None if self._root == Path("/") else self._enter,  # noqa: PLW1509
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.returncode is None:
            self._process.wait()

    def _enter(self) -> None:
        os.chroot(self._root)
        os.chdir(self._cwd)

    def cpu_ns(self) -> int:
        """Processor time so far, of all threads, and of the children that have ended."""
        return cpu_ns(self._process.pid)

    def finish(self) -> tuple[int, int]:
        """Wait for its end; monotonic ns then, and the processor time of its whole life in ns."""
        _, status, usage = os.wait4(self._process.pid, 0)
        ended = time.monotonic_ns()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return ended, round((usage.ru_utime + usage.ru_stime) * 1e9)

    def resident_kb(self) -> int:
        """Resident memory now, in KiB."""
        return self._memory("status", "VmRSS:")

    def peak_kb(self) -> int:
        """The most that was ever resident, in KiB."""
        return self._memory("status", "VmHWM:")

    def proportional_kb(self) -> int:
        """Memory of this and of all its descendants, a shared page shared out, in KiB."""
        group = self._process.pid
        total = 0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                if os.getpgid(int(entry.name)) == group:
                    total += _field(entry / "smaps_rollup", "Pss:")
        return total

    def _memory(self, file: str, field: str) -> int:
        return _field(Path(f"/proc/{self._process.pid}") / file, field)


def _field(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise ValueError(f"{path} does not tell {name}")
