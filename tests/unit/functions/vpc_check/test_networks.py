"""Whole reports on networks that work and on networks that don't; score.py prints the score."""

from __future__ import annotations

import pytest

from tests.unit.functions.vpc_check.score import NETWORKS, score

PATHS = sorted(NETWORKS.glob("*.json"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_report_says_what_is_true_of_the_network(path: object) -> None:
    scored = score(path)  # type: ignore[arg-type]
    assert scored.remarks == ()
    assert scored.word == "right"


def test_the_score() -> None:
    words = [(each.kind, each.word) for each in map(score, PATHS)]
    assert len(words) >= 60
    assert words.count(("healthy", "right")) == sum(kind == "healthy" for kind, _ in words)
    assert words.count(("broken", "right")) == sum(kind == "broken" for kind, _ in words)
