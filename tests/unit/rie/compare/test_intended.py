"""The list of intended differences."""

from __future__ import annotations

import re

import pytest

from rie.compare.intended import INTENDED_DIFFERENCES, IntendedDifference


def test_names_are_unique() -> None:
    names = [each.name for each in INTENDED_DIFFERENCES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("difference", INTENDED_DIFFERENCES, ids=lambda each: each.name)
def test_every_reason_is_a_sentence_and_its_patterns_compile(
    difference: IntendedDifference,
) -> None:
    assert difference.reason.endswith(".")
    assert len(difference.reason.split()) >= 8
    for pattern in (difference.theirs_only, difference.ours_only):
        re.compile(pattern)


@pytest.mark.parametrize("difference", INTENDED_DIFFERENCES, ids=lambda each: each.name)
def test_what_a_comparison_recognizes_says_what_it_accounts_for(
    difference: IntendedDifference,
) -> None:
    lines = difference.theirs_only or difference.ours_only or difference.only_line_ends
    accounts = bool(difference.touches or lines)
    assert accounts is (difference.applies is not None)
