"""The workflows are valid, and run what a contributor runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_it_fits_the_schema_of_workflows(workflow: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema"]
    done = subprocess.run(
        [*command, "--builtin-schema", "vendor.github-workflows", workflow],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def commands(name: str) -> list[str]:
    workflow: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [line for step in steps for line in step.get("run", "").splitlines()]


def test_ci_runs_the_same_script_as_everywhere() -> None:
    assert commands("ci.yml")[-1] == "bash .ci/run"


def test_the_targets_that_a_release_makes_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = [line.split()[1] for line in commands("release.yml") if line.startswith("make ")]
    assert {"image", "sbom"} <= set(targets)
    assert all(f"\n{target}:" in makefile for target in targets)


def test_a_release_takes_the_notes_of_its_version_only() -> None:
    (script,) = [line for line in commands("release.yml") if line.startswith("awk ")]
    program = script.split("'")[1]
    changelog = "# Changelog\n\n## 1.1.0\n\nnew\n\n## 1.0.0\n\nold\n"
    for version, notes in (("1.1.0", ["new"]), ("1.0.0", ["old"]), ("2.0.0", [])):
        done = subprocess.run(
            ["awk", "-v", f"version={version}", program],
            input=changelog,
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout.split() == notes


def test_an_image_for_lambda_has_one_architecture_and_no_attestation() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert 'DOCKER_BUILDKIT: "0"' in text
    assert "buildx" not in text.replace("so no buildx", "")
