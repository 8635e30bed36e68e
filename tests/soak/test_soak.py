"""The soak test's own parts, and a short run of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.soak.__main__ import Usage, soak, usage, verdict
from tests.soak.load import FAILING, LARGE, SMALL, kind


def test_a_short_run_gets_every_answer(tmp_path: Path) -> None:
    # Too short to judge memory by; what it proves is that the run runs.
    assert "descriptors" not in soak(600, tmp_path)
    assert (tmp_path / "output").read_text().count("[ERROR] ValueError: this one fails") == 5


@pytest.mark.parametrize(
    ("end", "wrong"),
    [
        (Usage(5, 10_000), ""),
        (Usage(5, 10_200), ""),
        (Usage(5, 10_201), "10000 KiB of memory became 10201 KiB"),
        (Usage(5, 9_700), "10000 KiB of memory became 9700 KiB"),
        (Usage(6, 10_000), "5 file descriptors became 6"),
    ],
)
def test_verdicts(end: Usage, wrong: str) -> None:
    assert verdict(Usage(5, 10_000), end) == wrong


def test_usage_sees_an_open_file() -> None:
    before = usage(os.getpid())
    with Path(__file__).open("rb"):
        assert usage(os.getpid()).descriptors == before.descriptors + 1
    assert before.memory > 1000


def test_the_mix() -> None:
    kinds = [kind(number) for number in range(1000)]
    assert (kinds.count(SMALL), kinds.count(FAILING), kinds.count(LARGE)) == (990, 8, 2)
