"""The audit: what pip-audit passes over in silence is said."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rie.errors import UserError
from rie.images.audit import NOT_AUDITED, VULNERABLE, execute, files
from rie.paths import ROOT

GOOD = {"name": "good", "version": "1", "vulns": []}
SKIPPED = {"name": "unknown", "skip_reason": "not found"}
BAD = {"name": "bad", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}

PIN = "good==1 \\\n    --hash=sha256:0\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "bootstrap").mkdir()
    (tmp_path / "bootstrap" / "awslambdaric.txt").write_text(PIN)
    return tmp_path


def audit(root: Path, *packages: dict[str, Any]) -> int:
    """Run it with a program that answers as pip-audit does for these packages."""
    answer = json.dumps({"dependencies": packages, "fixes": []})
    return execute(argparse.Namespace(), root, [sys.executable, "-c", f"print({answer!r})"])


def test_nothing_known_of_any_package_is_a_success(root: Path) -> None:
    assert audit(root, GOOD) == 0


def test_what_is_known_is_named_with_its_cure(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(root, GOOD, BAD, SKIPPED) == VULNERABLE
    assert "bad 1: PYSEC-1, fixed in 2" in capsys.readouterr().out


def test_a_skipped_package_is_a_failure(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(root, GOOD, SKIPPED) == NOT_AUDITED
    assert "1 of 2 packages could NOT be checked" in capsys.readouterr().err


def test_no_answer_is_an_error_with_its_reason(root: Path) -> None:
    program = [sys.executable, "-c", "import sys; sys.exit('Connection refused')"]
    with pytest.raises(UserError, match="Connection refused"):
        execute(argparse.Namespace(), root, program)


def test_a_file_that_pins_packages_is_audited_wherever_it_is(root: Path) -> None:
    pinned = ["tests/integration/compat/requirements-datadog.txt", "rie/new/constraints.txt"]
    others = ["build/requirements.txt", ".venv/lib/requirements.txt", "tests/notes.txt"]
    for name in (*pinned, *others):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("no pins" if name == "tests/notes.txt" else PIN)
    found = {path.relative_to(root).as_posix() for path in files(root)}
    assert found == {"bootstrap/awslambdaric.txt", *pinned}


def test_it_audits_every_requirements_file_of_the_project() -> None:
    tracked = subprocess.run(
        ["git", "grep", "-l", "--fixed-strings", "    --hash=sha256:", "--", "*.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    pinned = {ROOT / name for name in tracked.stdout.split()}
    assert ROOT / "tests/requirements.txt" in pinned
    assert {*files()} == pinned
