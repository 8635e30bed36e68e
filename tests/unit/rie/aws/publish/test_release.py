"""What CHANGELOG.md says about a version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rie.aws.publish.release import Release, read_release
from rie.errors import UserError
from rie.git_checkout import read_version
from rie.paths import ROOT

TODAY = date(2026, 11, 26)
TEXT = """\
# Changelog

Not a part of any version.

## Unreleased

- a new thing

## 0.2.0 (2026-11-01)

Lifecycle: GA; deprecated 2028-01-31; no creation 2028-03-01; no updates 2028-03-01

### Fixed

- the thing

## [0.1.0] - 2026-10-01

- the first
"""


def read(tmp_path: Path, text: str, version: str = "0.2.0") -> Release:
    file = tmp_path / "CHANGELOG.md"
    file.write_text(text)
    return read_release(file, version, TODAY)


def stated(line: str) -> str:
    return f"## 0.2.0\n\n{line}\n- the thing\n"


def test_the_section_of_a_version_has_its_notes_and_its_lifecycle(tmp_path: Path) -> None:
    release = read(tmp_path, TEXT)
    assert release.notes == "### Fixed\n\n- the thing"
    assert release.lifecycle == {
        "ReleaseState": "GA",
        "DeprecationDate": "2028-01-31",
        "FunctionCreateBlockDate": "2028-03-01",
        "FunctionUpdateBlockDate": "2028-03-01",
    }


def test_without_such_a_line_there_is_no_lifecycle(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT, "0.1.0") == Release("- the first", {})


def test_a_version_without_a_section_has_the_notes_of_what_is_unreleased(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT, "0.3.0") == Release("- a new thing", {})


def test_a_part_of_a_version_is_not_the_version(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no section '## 0\.2\.0' and no '## Unreleased'"):
        read(tmp_path, "## 0.2.0rc1\n\n- a candidate\n")


def test_a_missing_changelog_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{tmp_path}/none.*No such file") as caught:
        read_release(tmp_path / "none", "0.2.0", TODAY)
    assert "## 0.2.0" in caught.value.remedy


@pytest.mark.parametrize(
    "line", ["Lifecycle: PREVIEW", "Lifecycle: DEPRECATED; deprecated 2026-11-26"]
)
def test_dates_may_be_left_out(tmp_path: Path, line: str) -> None:
    release = read(tmp_path, stated(line))
    assert release.notes == "- the thing"
    assert release.lifecycle["ReleaseState"] == line.split()[1].rstrip(";")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Lifecycle: BETA", "'BETA' is not one of PREVIEW, GA, DEPRECATED"),
        ("Lifecycle:", "'' is not one of"),
        ("Lifecycle: GA; removed 2028-01-01", "'removed 2028-01-01' is unknown or repeated"),
        ("Lifecycle: GA; deprecated 2028-01-01; deprecated 2028-01-01", "unknown or repeated"),
        ("Lifecycle: GA; deprecated 2028-02-30", "'2028-02-30' is not a date"),
        ("Lifecycle: GA; deprecated 20280201", "'20280201' is not a date"),
        ("Lifecycle: GA; deprecated", "'deprecated' is unknown"),
        ("Lifecycle: GA; no updates 2028-01-01; deprecated 2028-02-01", "not in order"),
        ("Lifecycle: GA; deprecated 2026-11-26", "2026-11-26, which is not in the future"),
        ("Lifecycle: PREVIEW; deprecated 2020-01-01", "not in the future"),
        ("Lifecycle: DEPRECATED", "DEPRECATED needs the date"),
        ("Lifecycle: DEPRECATED; deprecated 2026-11-27", "DEPRECATED needs the date"),
        ("Lifecycle: GA\nLifecycle: GA", "two such lines"),
    ],
)
def test_a_lifecycle_that_lambda_would_refuse_is_refused(
    tmp_path: Path, line: str, reason: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, stated(line))
    assert reason in caught.value.reason
    assert "Lifecycle: GA; deprecated YYYY-MM-DD" in caught.value.remedy


def test_this_project_has_notes_for_its_version() -> None:
    assert read_release(ROOT / "CHANGELOG.md", read_version(), TODAY).notes
