"""The figures of a run: printed, and kept in tests/mutants/results.tsv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timezone
from pathlib import Path

RESULTS = Path(__file__).with_name("results.tsv")
_HEADER = "# module\tmutants tried\tnoticed\tequivalent\tseconds\tdate"


@dataclass(frozen=True)
class Score:
    """What became of a module's mutants."""

    tried: int
    noticed: int
    equivalent: int
    seconds: int

    @property
    def rate(self) -> float:
        """The part that was noticed of those that can be."""
        judged = self.tried - self.equivalent
        return self.noticed / judged if judged else 1.0


def table(scores: Mapping[str, Score]) -> Iterator[str]:
    """Lines for people, with the sum last."""
    numbers = zip(*(astuple(each) for each in scores.values()), strict=True)
    total = Score(*(sum(each) for each in numbers))
    for module, each in (*scores.items(), ("all", total)):
        yield (
            f"{module:24} {each.tried:4} mutants, {each.noticed:4} noticed, "
            f"{each.equivalent:3} equivalent: {each.rate:6.1%} in {each.seconds} s"
        )


def write(scores: Mapping[str, Score]) -> None:
    """Replace the lines of these modules, and keep those of the others."""
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    rows = {line.partition("\t")[0]: line for line in lines if not line.startswith("#")}
    today = datetime.now(timezone.utc).date()
    for module, score in scores.items():
        rows[module] = "\t".join([module, *map(str, astuple(score)), str(today)])
    RESULTS.write_text("\n".join([_HEADER, *(rows[each] for each in sorted(rows))]) + "\n")
