"""The README against the code: settings, exit codes, faults, and the tests that it names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from surefoot import errors
from surefoot._runtime.config import SETTINGS
from tests.integration.faults.outcomes import FAULTS
from tests.performance.report import readme_rows

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", README, re.MULTILINE))


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_first_thing_to_type_stands_at_the_top_with_its_output() -> None:
    top = README.splitlines()[:40]
    assert top[2].startswith("surefoot is ")
    assert top.index("    make demo") < top.index("    make test")
    assert any("curl -XPOST" in line for line in top)


def test_each_setting_stands_in_the_table_with_its_default() -> None:
    told = {row[0].strip("`"): row[1] for row in rows("Settings")}
    assert {name: told[name] for name in SETTINGS} == {n: str(v) for n, v in SETTINGS.items()}


def test_each_setting_of_the_table_is_read_somewhere() -> None:
    sources = [*ROOT.glob("bootstrap/*"), *ROOT.glob("runtime/**/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources if path.is_file())
    names = [row[0].strip("`") for row in rows("Settings")]
    assert [name for name in names if name not in text] == []


def test_each_variable_of_ours_in_the_code_stands_in_the_table() -> None:
    sources = [ROOT / "bootstrap" / "bootstrap", *ROOT.glob("runtime/surefoot/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    told = {row[0].strip("`") for row in rows("Settings")}
    assert set(re.findall(r"\bSUREFOOT_[A-Z_]+[A-Z]\b", text)) <= told


def test_each_exit_code_stands_in_the_table() -> None:
    told = {int(row[0]) for row in rows("Exit codes")}
    assert {value for name, value in vars(errors).items() if name.startswith("EXIT_")} <= told


def test_the_fault_table_is_the_tested_one() -> None:
    told = rows("When the Runtime API misbehaves")
    tested = [
        [fault.what, fault.outcome.value, str(fault.outcome.exit_code or "")]
        for fault in FAULTS.values()
    ]
    assert told == tested


def test_the_figures_are_those_of_the_benchmark() -> None:
    path = ROOT / "tests" / "performance" / "results.json"
    results = json.loads(path.read_text(encoding="utf-8"))
    assert not results["quick"]
    told = [line for line in SECTIONS["Speed"].splitlines() if line.startswith("|")]
    assert told[: len(results["goals"]) + 2] == readme_rows(results)


@pytest.mark.parametrize("name", re.findall(r"`([a-z_/]+/test_\w+\.py(?:::test_\w+)?)`", README))
def test_each_test_that_it_names_exists(name: str) -> None:
    file, _, test = name.partition("::")
    (found,) = (ROOT / "tests").glob(f"**/{Path(file).parent}/**/{Path(file).name}")
    source = found.read_text(encoding="utf-8")
    assert f"def {test}" in source


def test_its_links_lead_somewhere() -> None:
    headings = re.findall(r"^#{2,3} (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", README)) <= anchors
    files = re.findall(r"\]\((?!#|http)([^)]+)\)", README)
    assert [name for name in files if not (ROOT / name).exists()] == []
