"""The function under AWS's emulator, as a program of its own, with AWS across HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rie.function import find
from rie.local.official_rie import OfficialRie
from termination_policy.event import CAUSES
from tests.integration.functions.termination_policy.events import large
from tests.integration.functions.termination_policy.paths import FUNCTION
from tests.integration.functions.termination_policy.test_scheduled_scan import group  # noqa: F401 (fixture)
from tests.support.aws import variables


def test_each_cause_under_the_emulator(tmp_path: Path) -> None:
    causes = set()
    with (
        (tmp_path / "log").open("w+b") as logs,
        OfficialRie(find("termination_policy"), variables={"POLICY": "any"}, logs=logs) as emulator,
    ):
        for path in sorted((FUNCTION / "events").glob("*.json")):
            sent = json.loads(path.read_text())
            ids = json.loads(emulator.invoke(path.read_bytes()).body)["InstanceIDs"]
            assert len(ids) == sum(one["Capacity"] for one in sent["CapacityToTerminate"])
            causes.add(sent["Cause"])
        answer = emulator.invoke(json.dumps(large()).encode())
        assert len(json.loads(answer.body)["InstanceIDs"]) == 996
        assert json.loads(emulator.invoke(b'"garbage"').body) == {"InstanceIDs": []}
        logs.seek(0)
        assert b"event: it is str 'garbage'" in logs.read()
    assert causes == CAUSES


@pytest.mark.usefixtures("group")
def test_the_scan_under_the_emulator(aws: str, tmp_path: Path) -> None:
    settings = {
        **variables(aws),
        "GROUP": "workers",
        "SCAN_POLICY": "not_tagged:keep",
        "RESULT_STORE": "dynamodb://results",
        "RESULT_MAX_AGE_S": "60",
    }
    function = find("termination_policy", "termination_policy.scheduled_scan.handler")
    with (
        (tmp_path / "log").open("wb") as logs,
        OfficialRie(function, variables=settings, logs=logs) as emulator,
    ):
        answer = json.loads(emulator.invoke(b"{}").body)
    assert (answer["asked"], answer["free"]) == (3, 2)
