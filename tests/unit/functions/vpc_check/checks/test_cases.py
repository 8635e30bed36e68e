"""Every configuration case has exactly the findings that its file expects, and no other."""

from __future__ import annotations

import pytest

from tests.unit.functions.vpc_check.casefile import CASES, read
from vpc_check.checks import run_checks
from vpc_check.findings import MEANINGS

NAMES = sorted(path.stem for path in CASES.glob("*.json") if path.stem != "base")


@pytest.mark.parametrize("name", NAMES)
def test_a_case_has_its_findings_and_no_other(name: str) -> None:
    file = read(name)
    findings = [finding for _, finding in run_checks(file.analysis)]
    assert {(each.code, each.severity, each.component) for each in findings} == file.expected
    assert all(each.message and each.remedy for each in findings)


def test_there_are_at_least_forty_cases() -> None:
    assert len(NAMES) >= 40


def test_every_finding_of_every_case_has_a_code_with_a_meaning() -> None:
    expected_codes = {code for name in NAMES for code, _, _ in read(name).expected}
    assert expected_codes <= set(MEANINGS)


def test_every_code_has_a_case_that_shows_it() -> None:
    expected_codes = {code for name in NAMES for code, _, _ in read(name).expected}
    # Said by the joining of probe and configuration, which has its own tests.
    assert set(MEANINGS) - expected_codes == {"PROBED_FROM_ELSEWHERE"}
