"""From the trace of a start to the record that the next starts read ahead: see ``prefetch``."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence

from surefoot.prefetch import PIECE

from .recorder import LISTED, LOOKED_UP

# Not in the image when the function runs: the kernel's own, and what Lambda mounts afresh.
ELSEWHERE = ("/proc/", "/sys/", "/dev/", "/run/", "/tmp/")


def lines_of(trace: Iterable[str], elsewhere: tuple[str, ...] = ELSEWHERE) -> list[str]:
    """Return the record's lines, without line ends, in the order of first touch."""
    # One dictionary for both, because they share one order: folders end with a slash.
    touched: dict[str, set[int]] = {}
    for entry in trace:
        kind, (path, _, pieces) = entry[:1], os.path.normpath(entry[1:]).partition("\t")
        if kind == LOOKED_UP:
            path = os.path.dirname(path)
        if kind in (LISTED, LOOKED_UP):
            path = f"{path.rstrip('/')}/"
        if path.startswith(elsewhere):
            continue
        touched.setdefault(path, set()).update(map(int, pieces.split()))
    lines = {path: _file_line(path, pieces) for path, pieces in touched.items() if path[-1] != "/"}
    covered = _ancestors(path for path, line in lines.items() if line)
    lines.update((path, path) for path in _deepest([*touched.keys() - lines.keys()], covered))
    return [line for path in touched if (line := lines.get(path))]


def missing(record: Sequence[str]) -> list[str]:
    """Return the paths of a record that are no longer there: it is out of date if there are any."""
    paths = [line.partition("\t")[0] for line in record]
    return [path for path in paths if not os.path.exists(path)]


def _file_line(path: str, pieces: set[int]) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return ""
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return ""
    last = (status.st_size - 1) // PIECE
    # What was opened was read from end to end; of what was mapped, we know the pages.
    numbers = sorted(number for number in pieces if number <= last) or range(last + 1)
    if list(numbers) == [0]:
        return path
    return f"{path}\t{' '.join(map(str, numbers))}"


def _ancestors(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while (path := os.path.dirname(path)) not in found:
            found.add(path)
    return found


def _deepest(folders: Sequence[str], covered: set[str]) -> list[str]:
    """Return the folders that no way to a file or to another folder leads through."""
    there = [path for path in folders if path[:-1] not in covered and os.path.isdir(path)]
    above = _ancestors(path[:-1] for path in there)
    return [path for path in there if path[:-1] not in above]
