"""The campaign notices each defect that it looks for, and a small one of it passes."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.soak import broken
from tests.soak.account import Account, Usage, table, usage
from tests.soak.campaign import run
from tests.soak.load import SCENES, Fault, Scene

PLAIN = Scene("plain", 1, {"echo": 1})
COUNT = 100
SMALL = 60
"""How much of each scene runs with every test run; `make soak` runs as much as is wanted."""
FEW = {"time-outs": 6}  # each waits for its deadline


def runtime(defect: str) -> list[str]:
    return [sys.executable, str(Path(broken.__file__)), defect]


def test_a_runtime_without_a_defect_passes(tmp_path: Path) -> None:
    account = run(PLAIN, COUNT, 1, tmp_path, runtime("none"))
    assert (account.delivered, account.once, account.faults()) == (COUNT, COUNT, [])


@pytest.mark.parametrize(
    ("defect", "faults"),
    [
        ("loses", ["10 lost"]),
        ("doubles", ["10 doubled"]),
        ("answers the one before", ["10 wrong"]),
        ("answers in a child", ["10 wrong"]),
        ("dies", ["10 lost", "10 ended"]),
    ],
)
def test_a_defect_of_answers_is_counted(tmp_path: Path, defect: str, faults: list[str]) -> None:
    account = run(PLAIN, COUNT, 1, tmp_path, runtime(defect))
    assert account.faults() == faults
    assert account.delivered == COUNT
    assert account.notes


@pytest.mark.parametrize(
    ("defect", "fault"),
    [("leaks descriptors", "descriptors became"), ("leaks memory", "KiB of memory became")],
)
def test_what_grows_is_noticed(tmp_path: Path, defect: str, fault: str) -> None:
    account = run(PLAIN, COUNT, 1, tmp_path, runtime(defect))
    assert account.once == COUNT
    assert fault in account.faults()[0]


def test_a_runtime_that_hangs_loses_what_it_holds_and_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "hang.py").write_text(
        Path(broken.__file__).read_text().replace("sys.exit(1)", "import time; time.sleep(600)")
    )
    command = [sys.executable, str(tmp_path / "hang.py"), "dies"]
    account = run(PLAIN, 15, 1, tmp_path, command, patience=0.5)
    assert account.faults() == ["1 lost", "1 ended"]
    assert account.notes[-1] == "the process hangs"


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_a_small_campaign_passes(tmp_path: Path, scene: Scene) -> None:
    account = run(scene, FEW.get(scene.name, SMALL), 1, tmp_path)
    assert account.faults() == [], account.notes


@pytest.mark.parametrize(
    ("end", "faults"),
    [
        (Usage(5, 10_200), []),
        (Usage(5, 9_000), []),
        (Usage(5, 10_201), ["10000 KiB of memory became 10201 KiB"]),
        (Usage(6, 10_000), ["5 descriptors became 6"]),
        (None, ["not measured"]),
    ],
)
def test_growth_counts_beyond_the_tolerance(end: Usage | None, faults: list[str]) -> None:
    assert Account(start=Usage(5, 10_000), end=end).faults() == faults


def test_what_was_neither_answered_nor_lost_is_a_fault() -> None:
    account = Account(delivered=2, once=1, start=Usage(5, 1), end=Usage(5, 1))
    assert account.faults() == ["2 delivered, 1 answered once"]


def test_usage_sees_an_open_file() -> None:
    before = usage(os.getpid())
    with Path(__file__).open("rb"):
        assert usage(os.getpid()).descriptors == before.descriptors + 1
    assert before.memory > 1000


def test_the_same_seed_asks_the_same() -> None:
    for scene in SCENES:
        first, again, other = (list(scene.invocations(50, seed)) for seed in (1, 1, 2))
        assert first == again != other


def test_every_kind_and_fault_has_its_turn() -> None:
    assert sum(scene.share for scene in SCENES) == pytest.approx(1)
    for scene in SCENES:
        count = round(scene.share * 1_000_000)
        asked = list(scene.invocations(min(count, 20_000), 1))
        assert {each.kind for each in asked} == set(scene.kinds)
        met = Counter(each.fault for each in asked if each.fault)
        assert set(met) == (set(Fault) if scene.faults else set())


def test_the_table_has_a_line_for_each_scene() -> None:
    whole = Account(delivered=1000, once=1000, start=Usage(4, 9000), end=Usage(4, 9001))
    lines = table({"plain": whole, "shell": Account(delivered=1, lost=1)}).splitlines()
    assert [line.split()[0] for line in lines] == ["scene", "plain", "shell"]
    assert lines[1].split()[1:] == [
        "1,000",
        "1,000",
        *"000",
        "0",
        "4",
        "→",
        "4",
        "9,000",
        "→",
        "9,001",
    ]
