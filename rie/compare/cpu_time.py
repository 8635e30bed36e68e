"""The processor time of a running process."""

from __future__ import annotations

import os
import time
from pathlib import Path

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
