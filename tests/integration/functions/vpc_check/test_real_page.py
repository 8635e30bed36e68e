"""The page of the README is one that the function made: AWS is moto, the probes are real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.image.conftest import unavailable
from tests.integration.functions.vpc_check.probes.network import missing
from tests.integration.functions.vpc_check.real_page import TARGETS, make_reports
from tests.support.browser import browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := missing():
        unavailable(reason)
    made = tmp_path_factory.mktemp("reports")
    make_reports(made)
    return made


# target → (what the probe saw, how it is explained, the cause)
EXPECTED = {
    TARGETS[0]: ("ok", "fine", None),
    TARGETS[1]: ("ok", "fine", None),
    TARGETS[2]: ("ok", "partial", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"),
    TARGETS[3]: ("dropped", "explained", "ENI_SG_RULES_MISMATCH"),
    TARGETS[4]: ("dropped", "explained", "ADDRESS_NOT_IN_USE"),
    TARGETS[5]: ("dropped", "explained", "NO_ROUTE_TO_DESTINATION"),
    TARGETS[6]: ("dropped", "explained", "LAMBDA_PORT_25_BLOCKED"),
    TARGETS[7]: ("refused", "partial", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"),
}


def test_probes_and_configuration_together_name_each_cause(folder: Path) -> None:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    found = {
        each["target"]: (
            each["word"],
            each["verdict"],
            each["causes"][0]["code"] if each["causes"] else None,
        )
        for each in report["explanations"]
    }
    assert found == EXPECTED
    assert report["verdict"] == "broken"


def test_the_page_with_ids_of_full_length_takes_two_screens(folder: Path) -> None:
    with browser() as chromium:
        chromium.open(folder / "page.html", 1280, 900, "light")
        assert chromium.run("return document.documentElement.scrollHeight") <= 2 * 900
        rows = "return document.querySelectorAll('#summary tbody tr').length"
        assert chromium.run(rows) == len(TARGETS)
        assert chromium.errors() == []


def test_the_table_has_a_line_for_each_probe(folder: Path) -> None:
    lines = (folder / "table.txt").read_text().splitlines()
    assert lines[0].endswith(": something is broken")
    assert [line.split()[0] for line in lines[5 : 5 + len(TARGETS)]] == list(TARGETS)
