"""The parts of the SARIF 2.1.0 schema that a code scanner needs, checked by hand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from surefoot_tools.doctor import inspection
from surefoot_tools.doctor.finding import Result
from surefoot_tools.doctor.ignores import Ignore
from surefoot_tools.doctor.output import sarif
from tests.unit.surefoot_tools.doctor.trees import plant, sound_root

# RFC 3986, the characters of a relative reference's path.
URI = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+")


def written(result: Result) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif.to_sarif(result))
    return log


def check_log(log: dict[str, Any]) -> None:
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        for key in ("shortDescription", "fullDescription", "help"):
            assert rule[key]["text"].strip()
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"].strip()
        [location] = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert URI.fullmatch(uri)
        assert not uri.startswith("/")
        assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1
        for fingerprint in result["partialFingerprints"].values():
            assert isinstance(fingerprint, str)
        for suppression in result.get("suppressions", []):
            assert suppression["kind"] in {"inSource", "external"}
            assert suppression["justification"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A faulty function's folder, named from the checkout that it is in."""
    plant(
        tmp_path,
        {
            "functions/mine/function.sh": "handler () {\nenv\n}\n",
            "functions/mine/.env": "",
            os.fsdecode(b"functions/mine/a b caf\xe9/.env"): "",
        },
    )
    monkeypatch.chdir(tmp_path)
    return "functions/mine"


def test_a_log_has_what_the_schema_asks_for(folder: str) -> None:
    check_log(written(inspection.inspect_folder(folder)))


def test_paths_are_those_of_the_checkout_with_lines(folder: str) -> None:
    [run] = written(inspection.inspect_folder(folder))["runs"]
    places = {
        (where["artifactLocation"]["uri"], where.get("region", {}).get("startLine"))
        for result in run["results"]
        for where in [result["locations"][0]["physicalLocation"]]
    }
    assert places == {
        ("functions/mine/function.sh", 2),
        ("functions/mine/.env", None),
        ("functions/mine/a%20b%20caf%E9/.env", None),
    }


def test_ignored_findings_are_suppressed_with_their_reason(folder: str) -> None:
    log = written(inspection.inspect_folder(folder, ignores=[Ignore("SF402", "no secret")]))
    check_log(log)
    suppressed = [
        each["suppressions"] for each in log["runs"][0]["results"] if "suppressions" in each
    ]
    assert suppressed == [[{"kind": "external", "justification": "no secret"}]] * 2


def test_an_image_s_paths_are_relative_to_its_root_and_no_path_is_its_recipe(
    tmp_path: Path,
) -> None:
    root = plant(sound_root(tmp_path / "root"), {"opt/.env": ""})
    log = written(inspection.inspect_root(str(root), variables={"HOME": "/root"}))
    check_log(log)
    uris = [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in log["runs"][0]["results"]
    ]
    assert "opt/.env" in uris
    assert "Dockerfile" in uris


def test_a_fingerprint_stays_when_only_the_line_changes(folder: str) -> None:
    def prints() -> set[str]:
        results = written(inspection.inspect_folder(folder))["runs"][0]["results"]
        return {each["partialFingerprints"]["surefoot/v1"] for each in results}

    before = prints()
    plant(Path.cwd(), {"functions/mine/function.sh": "\n\nhandler () {\nenv\n}\n"})
    assert prints() == before
    assert len(before) == 3


def test_nothing_found_is_a_log_too(tmp_path: Path) -> None:
    log = written(inspection.inspect_folder(str(plant(tmp_path, {"app.py": ""}))))
    check_log(log)
    assert log["runs"][0]["results"] == []
