"""Process mode shows a function what the table of recorded facts says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rie.function import Function
from rie.local.official_rie import OfficialRie
from tests.support.environment_table import disagreements, rows

TASK = Path(__file__).parents[3] / "image" / "task"
# What this machine's shell, interpreter or repository adds; an image has none of them.
OWN = {"OLDPWD", "LC_CTYPE", "SUREFOOT_PYTHON", "_"}
# Of the base images.
IMAGE = {"HOME": "/tmp", "LANG": "en_US.UTF-8", "TZ": ":/etc/localtime"}


def test_process_mode_is_as_the_table_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    function = Function("facts-task", TASK, "facts.handler")
    with OfficialRie(function, memory_mb=128) as emulator:
        seen = json.loads(emulator.invoke(b"{}").body)
    found = {
        fact: value for fact, value in seen.items() if fact.removeprefix("variable ") not in OWN
    }
    machine = {row.fact for row in rows() if "this machine's" in row.local["process mode"]}
    wrong = [
        line
        for line in disagreements(found, "process mode", IMAGE)
        if line.partition(":")[0] not in machine
    ]
    assert wrong == []


def test_every_difference_has_a_reason() -> None:
    table = rows()
    assert len(table) > 40
    reasons = {cell for row in table for cell in row.local.values()} - {"same"}
    assert all(len(reason.split()) >= 3 for reason in reasons)
