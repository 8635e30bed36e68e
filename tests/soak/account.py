"""The account of a scene: every invocation has exactly one right answer, and nothing has grown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

_SHOWN = 20


@dataclass(frozen=True)
class Usage:
    """What a process holds: open descriptors, and resident memory in KiB."""

    descriptors: int
    memory: int


def usage(pid: int) -> Usage:
    """Read it from /proc; the process must be waiting, so that nothing is in flight."""
    process = Path("/proc", str(pid))
    status = (process / "status").read_text().partition("VmRSS:")[2]
    return Usage(len(list((process / "fd").iterdir())), int(status.split()[0]))


@dataclass
class Account:
    """What became of a scene's invocations.

    `once` had their one right answer; `lost` none; `doubled` are answers too many; `wrong` are
    answers with another content, from another process, or to nothing that was asked. `ended` are
    processes that ended in the middle. `notes` has the first few of each. `tolerance` is the part
    by which resident memory may grow: an allocator's arenas come and go.
    """

    tolerance: float = 0.02
    delivered: int = 0
    once: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    ended: int = 0
    start: Usage | None = None
    end: Usage | None = None
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep an example, up to a number of them."""
        if len(self.notes) < _SHOWN:
            self.notes.append(text)

    def faults(self) -> list[str]:
        """What is wrong with it, in words; empty when nothing is."""
        counts = ("lost", "doubled", "wrong", "ended")
        found = [f"{getattr(self, name)} {name}" for name in counts if getattr(self, name)]
        if self.once + self.lost + self.wrong < self.delivered:
            found.append(f"{self.delivered} delivered, {self.once} answered once")
        return [*found, *self._growth()]

    def _growth(self) -> list[str]:
        if self.start is None or self.end is None:
            return ["not measured"]
        found = []
        if self.start.descriptors != self.end.descriptors:
            found.append(f"{self.start.descriptors} descriptors became {self.end.descriptors}")
        if self.end.memory > (1 + self.tolerance) * self.start.memory:
            found.append(f"{self.start.memory} KiB of memory became {self.end.memory} KiB")
        return found


def table(accounts: dict[str, Account]) -> str:
    """All scenes, one a line."""
    heads = ("scene", "invocations", "once", "lost", "doubled", "wrong", "ended", "fds", "KiB")
    rows = [heads, *(_row(name, each) for name, each in accounts.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def _row(name: str, account: Account) -> tuple[str, ...]:
    counts = (account.delivered, account.once, account.lost, account.doubled, account.wrong)
    start, end = account.start, account.end
    grown = ("?", "?")
    if start is not None and end is not None:
        grown = (
            f"{start.descriptors} → {end.descriptors}",
            f"{start.memory:,} → {end.memory:,}",
        )
    return (name, *(f"{count:,}" for count in counts), str(account.ended), *grown)
