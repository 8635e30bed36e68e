"""What a whole comparison says: both clients' trials, what differs, how long it took."""

from __future__ import annotations

import enum
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rie.compare.differences import START, Comparison
from rie.compare.run import Run

THEIRS = "awslambdaric"
OURS = "surefoot"
TIMINGS = {
    "start wall": "start → first answer",
    "start CPU": "  processor time of it",
    "warm wall": "a warm invocation",
    "warm CPU": "  processor time of it",
}
"""What is timed, in the order in which it is shown, in milliseconds."""


class Verdict(enum.Enum):
    """What came of it; the value is the exit code of `rie compare`."""

    SAME = 0
    DIFFERENT = 1
    INTENDED = 3


@dataclass(frozen=True)
class ComparedItem:
    """What was compared: versions by name, the handler, where each event came from."""

    handler: str
    python: str
    versions: dict[str, str]
    sources: Sequence[str]

    def place(self, number: int) -> str:
        """The name of a place of the comparison."""
        if number > len(self.sources):
            return "whole run"
        return "start" if number == START else f"event {number} ({self.sources[number - 1]})"


@dataclass(frozen=True)
class Result:
    """Everything there is to show."""

    subject: ComparedItem
    theirs: Sequence[Run]
    ours: Sequence[Run]
    comparison: Comparison

    @property
    def verdict(self) -> Verdict:
        """Same, different, or different as intended."""
        if self.comparison.same:
            return Verdict.SAME
        return Verdict.INTENDED if self.comparison.intended else Verdict.DIFFERENT

    def timings(self) -> dict[str, dict[str, float]]:
        """Medians over the runs in milliseconds, by name and client; only what both have."""
        found = {}
        for name in TIMINGS:
            sides = [
                [trial.timings[name] for trial in trials if name in trial.timings]
                for trials in (self.theirs, self.ours)
            ]
            if all(sides):
                medians = [statistics.median(side) for side in sides]
                found[name] = dict(zip((THEIRS, OURS), medians, strict=True))
        return found
