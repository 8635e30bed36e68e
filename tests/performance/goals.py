"""A line of the results: what was compared, the goal, and whether it is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.performance.paired import Spread, ratios, spread


@dataclass(frozen=True)
class Line:
    """`ratio` is ours over theirs and should be at most `goal`; None for what was not measured."""

    measure: str
    goal: float
    unit: str
    ours: Spread | None = None
    theirs: Spread | None = None
    ratio: Spread | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Met, or missed and by how much, or why there is nothing to say."""
        if self.ratio is None:
            return self.note
        excess = self.ratio.median / self.goal - 1
        return "met" if excess <= 0 else f"MISSED by {excess:.0%}"


def compare(
    measure: str, goal: float, unit: str, ours: Sequence[float], theirs: Sequence[float]
) -> Line:
    """A line out of pairs of samples."""
    ratio = spread(ratios(ours, theirs))
    return Line(measure, goal, unit, spread(ours), spread(theirs), ratio)


def absent(measure: str, goal: float, note: str) -> Line:
    """A line for what could not be measured here, and why."""
    return Line(measure, goal, "", note=note)
