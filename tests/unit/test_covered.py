"""The account of coverage: files belong to packages, packages to thresholds."""

from __future__ import annotations

import pytest

from tests.covered import below, by_package, package_of


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("runtime/surefoot/doctor/elf.py", "surefoot"),
        ("functions/vpc_check/vpccheck/app.py", "functions/vpc_check"),
        ("rie/push/upload.py", "rie"),
    ],
)
def test_a_file_belongs_to_a_package(path: str, package: str) -> None:
    assert package_of(path) == package


def test_lines_and_branches_of_all_files_count() -> None:
    def measured(lines: int, branches: int) -> dict[str, object]:
        counts = {"covered_lines": lines, "covered_branches": branches}
        return {"summary": {**counts, "num_statements": 10, "num_branches": 10}}

    copy = {"/tmp/copy/rie/a.py": measured(0, 0)}
    shares = by_package({"rie/a.py": measured(10, 9), "rie/b.py": measured(10, 5), **copy})
    assert shares == {"rie": 85.0}


def test_a_package_is_held_against_its_own_threshold_or_the_default() -> None:
    shares = {"surefoot": 94.9, "rie": 90.0, "functions/echo": 89.9}
    assert below(shares, {"default": 90, "surefoot": 95}) == ["surefoot", "functions/echo"]
