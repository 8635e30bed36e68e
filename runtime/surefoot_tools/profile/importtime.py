"""What ``-X importtime`` writes: one line for each import, inner ones first.

The lines come in the middle of the function's stderr, after text without a line
end even in the middle of a line. Each line is written when its import ends, so the time at which it
arrives shows when that was; it may arrive late, never early.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

_ROW = re.compile(rb"import time:\s+(\d+) \|\s+(\d+) \| ( *)(.+)$")
_HEADER = b"import time: self [us] | cumulative | imported package"
_INDENT = 2


@dataclass
class Import:
    """One import: times in nanoseconds, ``begin_ns`` on the clock of the arrivals once placed."""

    name: str
    self_ns: int
    cumulative_ns: int
    level: int
    arrived_ns: int
    begin_ns: int = 0
    children: list[Import] = field(default_factory=list)

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.begin_ns + self.cumulative_ns


@dataclass
class Parsed:
    """Imports of the process, those of Python processes that it started, and all other output."""

    imports: list[Import]
    foreign: list[Import]
    output: bytes


def parse(lines: Iterable[tuple[int, bytes]], known: Collection[str] | None = None) -> Parsed:
    """Separate imports from the function's own lines; every child process prints the header again.

    :param lines: arrival in nanoseconds and one line with its end (the last may lack it)
    :param known: names that the process itself has imported, which separates its imports from
        those of its children once there are any; None takes all that come after as the children's
    """
    own: list[Import] = []
    foreign: list[Import] = []
    seen: set[str] = set()
    output = b""
    headers = 0
    for arrived_ns, line in lines:
        text = line.rstrip(b"\r\n")
        if text.endswith(_HEADER):
            headers += 1
            output += text[: -len(_HEADER)]
            continue
        row = _ROW.search(text)
        if row is None:
            output += line
            continue
        output += text[: row.start()]
        name = row[4].decode("utf-8", "backslashreplace")
        times = (int(row[1]) * 1000, int(row[2]) * 1000)
        entry = Import(name, *times, len(row[3]) // _INDENT, arrived_ns)
        # A module is imported once; a second time it is another process's.
        mine = headers < 2 or (known is not None and name in known and name not in seen)
        seen.add(name)
        (own if mine else foreign).append(entry)
    return Parsed(own, foreign, output)


def nest(rows: Iterable[Import]) -> list[Import]:
    """Return the outermost imports with ``children`` filled, all in the order of time.

    A row that is deeper than the next row is its child. Imports that had not ended yet are not
    there, so the outermost may have any level.
    """
    pending: list[Import] = []
    for row in rows:
        first = len(pending)
        while first and pending[first - 1].level > row.level:
            first -= 1
        row.children = pending[first:]
        del pending[first:]
        pending.append(row)
    return pending


def place(roots: list[Import]) -> None:
    """Set ``begin_ns`` of all: as late as arrivals and later imports allow, each in its parent."""
    _place(roots, None, None)


def _place(siblings: list[Import], begin: int | None, end: int | None) -> None:
    latest = end
    for node in reversed(siblings):
        ended = node.arrived_ns if latest is None else min(node.arrived_ns, latest)
        node.begin_ns = latest = ended - node.cumulative_ns
    # A parent's line that came late moved it to the right of where its first children are.
    earliest = begin
    for node in siblings:
        if earliest is not None and node.begin_ns < earliest:
            node.begin_ns = earliest
        earliest = node.end_ns
        _place(node.children, node.begin_ns, node.end_ns)
