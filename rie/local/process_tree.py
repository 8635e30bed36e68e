"""Processes that belong together, found in /proc: see proc(5)."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path


def members_of_session(session: int) -> list[int]:
    """Living processes of a session: one may be in a process group of its own."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:  # pid (name) state ppid pgrp session …: the name may hold spaces and brackets
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(fields[3]) == session and fields[0] != "Z":
            members.append(int(stat.parent.name))
    return members


def find_descendants(pid: int) -> list[int]:
    """The process and its living children and theirs, in whichever session they are."""
    found = [pid]
    for parent in found:  # grows while we look
        with contextlib.suppress(OSError):  # it ended
            for thread in os.listdir(f"/proc/{parent}/task"):  # noqa: PTH208  (in each invocation)
                with open(f"/proc/{parent}/task/{thread}/children", "rb") as file:  # noqa: PTH123
                    found += map(int, file.read().split())
    return found


def send_signal(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to those that still live."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def is_dying(pid: int) -> bool:
    """Whether the process has been sent SIGKILL, or has ended; it may still be listed."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123  (in each invocation)
            status = file.read()
    except OSError:
        return True
    pending = _read_mask(status, b"\nSigPnd:\t") | _read_mask(status, b"\nShdPnd:\t")
    return b"\nVmRSS:" not in status or bool(pending & (1 << (signal.SIGKILL - 1)))


def _read_mask(status: bytes, field: bytes) -> int:
    begin = status.index(field) + len(field)
    return int(status[begin : begin + 16], 16)


def measure_peak_kb(pids: Iterable[int]) -> int:
    """The sum of the most memory that each ever had, in KiB."""
    return sum(_read_kb(pid, "status", b"VmHWM:") for pid in pids)


def measure_resident_kb(pids: Iterable[int]) -> int:
    """The sum of the memory that each has now, in KiB; pages that they share count for each."""
    return sum(_read_kb(pid, "status", b"VmRSS:") for pid in pids)


def measure_proportional_kb(pids: Iterable[int]) -> int:
    """The memory that they have now, in KiB; a shared page counts once. Slower."""
    return sum(_read_kb(pid, "smaps_rollup", b"\nPss:") for pid in pids)


def _read_kb(pid: int, file_name: str, field: bytes) -> int:
    try:
        with open(f"/proc/{pid}/{file_name}", "rb") as file:  # noqa: PTH123  (in each invocation)
            _, found, rest = file.read().partition(field)
    except OSError:
        return 0  # it ended
    return int(rest.split(None, 1)[0]) if found else 0
