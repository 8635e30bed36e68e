"""What the kernel says of a process: proc(5). All of it may be missing in a sandbox."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ [1-9]\d*\s+(/.+)$")
_RSS = re.compile(r"^Rss:\s+(\d+) kB$")


@dataclass(frozen=True)
class Reads:
    """What a process has read with read(2) and its like since its start."""

    bytes: int
    calls: int

    def since(self, earlier: Reads) -> Reads:
        """Return what was read after ``earlier``."""
        return Reads(self.bytes - earlier.bytes, self.calls - earlier.calls)


def reads(pid: int) -> Reads | None:
    """Return the counts of /proc/PID/io, or None where it cannot be read."""
    try:
        with open(f"/proc/{pid}/io", encoding="ascii") as file:
            return parse_io(file.read())
    except (OSError, KeyError, ValueError):
        return None


def parse_io(text: str) -> Reads:
    """Read the text of /proc/PID/io."""
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    return Reads(int(fields["rchar"]), int(fields["syscr"]))


def mapped_files(pid: int) -> dict[str, int]:
    """Return the files that a process has mapped, with the bytes of each in its memory."""
    try:
        with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="surrogateescape") as file:
            return parse_smaps(file.read())
    except OSError:
        return {}


def parse_smaps(text: str) -> dict[str, int]:
    """Read the text of /proc/PID/smaps."""
    found: dict[str, int] = {}
    path: str | None = None
    for line in text.splitlines():
        if line[:1] in "0123456789abcdef":
            mapping = _MAPPING.match(line)
            path = mapping[1] if mapping else None
        elif path is not None and (rss := _RSS.match(line)):
            found[path] = found.get(path, 0) + int(rss[1]) * 1024
    return found
