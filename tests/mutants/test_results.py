"""The figures of a run, and what is kept of earlier ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants import results
from tests.mutants.memory import Memory, Mutant, Outcome
from tests.mutants.results import Score, table, write
from tests.mutants.targets import TARGETS


def test_equivalent_mutants_are_no_part_of_the_rate() -> None:
    scores = {"one.py": Score(10, 7, 2, 5), "two.py": Score(2, 0, 2, 1)}
    assert [each.rate for each in scores.values()] == [7 / 8, 1.0]
    lines = list(table(scores))
    assert len(lines) == 3
    assert "12 mutants,    7 noticed,   4 equivalent:  87.5% in 6 s" in lines[-1]


def test_a_module_that_was_not_tried_keeps_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.tsv")
    write({"b.py": Score(1, 1, 0, 1), "a.py": Score(2, 1, 0, 1)})
    write({"b.py": Score(3, 3, 0, 1)})
    header, *rows = (tmp_path / "results.tsv").read_text().splitlines()
    assert header.startswith("# module\tmutants tried")
    assert [row.split("\t")[:3] for row in rows] == [["a.py", "2", "1"], ["b.py", "3", "3"]]


def test_what_was_noticed_is_kept_and_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    noticed, survivor = (Mutant(TARGETS[0], "AddNot", number, 1) for number in range(2))
    memory = Memory(path)
    memory.keep(Outcome(noticed, noticed=True, before="a", after="b", seconds=0.5))
    memory.keep(Outcome(survivor, noticed=False, before="c", after="d", seconds=1.5))
    again = Memory(path)
    assert [again.was_noticed(each) for each in (noticed, survivor)] == [True, False]
    assert again.outcome(survivor) == Outcome(survivor, False, "c", "d", 1.5)
    again.forget([noticed])
    assert not again.was_noticed(noticed)
