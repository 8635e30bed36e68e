"""The report for a terminal."""

from __future__ import annotations

from tests.unit.functions.vpc_check.casefile import read
from tests.unit.functions.vpc_check.samples import WEB, broken
from vpc_check.app import analyse
from vpc_check.findings import merged
from vpc_check.report.text import render
from vpc_check.target import parse


def test_it_begins_with_what_was_checked_and_the_verdict() -> None:
    first, second = render(broken()).splitlines()[:2]
    assert first == "orders in vpc-1, eu-west-1: something is broken"
    assert second == "subnets subnet-a, subnet-b; groups sg-fn"


def test_a_probe_stands_in_a_row_with_its_cause() -> None:
    row = next(line for line in render(broken()).splitlines() if line.startswith(WEB))
    assert row.split() == [
        *(WEB, "dropped", "93.184.216.34", "3001", "explained"),
        "NO_ROUTE_TO_DESTINATION",
    ]


def test_every_finding_has_a_row_and_below_it_a_sentence_and_a_remedy() -> None:
    report = broken()
    shown = render(report)
    rows = merged(report.findings)
    assert len(rows) < len(report.findings)  # the same from two subnets is one row
    for number, (finding, _) in enumerate(rows, 1):
        assert f"{number}. {finding.message}\n    → {finding.remedy}" in shown


def test_the_plan_comes_last() -> None:
    tail = render(broken()).split("\n\n")[-1]
    assert "runs out of addresses first" in tail
    assert "Obsolete since September 2019" in tail


def test_nothing_found_is_said() -> None:
    report = analyse(read("fine_internet").analysis.facts, [parse(WEB)])
    assert render(report).endswith("No findings.\n")
