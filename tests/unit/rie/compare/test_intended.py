"""The differences that `rie compare` explains are those that the differential tests prove."""

from __future__ import annotations

import re

import pytest

from rie.compare.intended import INTENDED_DIFFERENCES, IntendedDifference
from tests.differential.differences import DIFFERENCES

# Proved elsewhere, but invisible to a comparison, which plays no tricks on its clients and leaves
# the X-Ray cause aside.
UNSEEN = {
    "bad-deadline",
    "cause-paths",
    "handler-variable",
    "init-error-refused",
    "last-words",
    "no-content-type",
    "odd-client-context",
    "request-id-in-path",
    "small-cause",
}
# Visible here only: what awslambdaric has not, and what a whole log shows.
MORE = {
    "async-handlers",
    "deadline-guard",
    "more-handlers",
    "own-words",
    "recursion-depth",
    "streaming",
}


def test_every_intended_difference_is_explained_or_cannot_be_seen() -> None:
    names = [each.name for each in INTENDED_DIFFERENCES]
    assert len(names) == len(set(names))
    assert set(names) - MORE == set(DIFFERENCES) - UNSEEN


@pytest.mark.parametrize("known", INTENDED_DIFFERENCES, ids=lambda known: known.name)
def test_every_explanation_is_a_sentence_and_its_patterns_compile(
    known: IntendedDifference,
) -> None:
    assert known.reason.endswith(".")
    assert len(known.reason.split()) >= 8
    for pattern in (known.theirs_only, known.ours_only):
        re.compile(pattern)
    assert known.touches or known.theirs_only or known.ours_only
