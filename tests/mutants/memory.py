"""Mutants, and what became of them in this run and in earlier ones on the same source."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.targets import ROOT, Target


@dataclass(frozen=True)
class Mutant:
    """One change: the n-th place where an operator fits, in a module."""

    target: Target
    operator: str
    occurrence: int
    line: int

    @property
    def key(self) -> str:
        """Its name among all mutants of this source."""
        source = (ROOT / self.target.path).read_bytes()
        digest = hashlib.sha256(source).hexdigest()[:16]
        return f"{self.target.module} {digest} {self.operator} {self.occurrence}"


@dataclass(frozen=True)
class Outcome:
    """What became of it: noticed or not, and the line before and after."""

    mutant: Mutant
    noticed: bool
    before: str
    after: str
    seconds: float


class Memory:
    """A file of outcomes, one a line; the last one counts. Written at once, so that a run that is
    interrupted can go on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, list[object]] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                key, *row = json.loads(line)
                self._rows[key] = row

    def forget(self, mutants: Iterable[Mutant]) -> None:
        """Have these tried again, whatever became of them."""
        for mutant in mutants:
            self._rows.pop(mutant.key, None)

    def was_noticed(self, mutant: Mutant) -> bool:
        """Whether a run noticed it. The tests only grow: it would be noticed again."""
        row = self._rows.get(mutant.key)
        return row is not None and bool(row[0])

    def change(self, mutant: Mutant) -> tuple[str, str]:
        """The line before and after, empty when it has not been tried."""
        _, before, after, _ = self._rows.get(mutant.key, (False, "", "", 0.0))
        return str(before), str(after)

    def keep(self, outcome: Outcome) -> None:
        """Add an outcome."""
        row = [outcome.noticed, outcome.before, outcome.after, round(outcome.seconds, 1)]
        self._rows[outcome.mutant.key] = row
        with self._path.open("a") as file:
            print(json.dumps([outcome.mutant.key, *row]), file=file)

    def outcome(self, mutant: Mutant) -> Outcome:
        """What became of a mutant that has been tried."""
        noticed, before, after, seconds = self._rows[mutant.key]
        return Outcome(mutant, bool(noticed), str(before), str(after), float(str(seconds)))
