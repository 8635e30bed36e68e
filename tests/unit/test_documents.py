"""The documents against the code: settings, exit codes, faults, figures, links, length."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from surefoot import errors
from surefoot._runtime.config import SETTINGS
from tests.integration.faults.outcomes import FAULTS
from tests.performance.report import function_rows, readme_rows

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
).stdout.split()
DOCUMENTS = [ROOT / name for name in TRACKED if "broken" not in name]
GUIDE = ROOT / "runtime" / "README.md"


def rows(document: Path, section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    text = document.read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", text, re.MULTILINE))
    lines = [line for line in sections[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = document.read_text(encoding="utf-8")
    headings = re.findall(r"^#{1,4} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in headings}


def test_the_first_screen_says_what_it_is_what_it_replaces_and_what_was_never_run() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    top = " ".join(lines[:40])
    for said in ("replaces `awslambdaric`", "Not yet run on AWS", "make demo", "make test"):
        assert said in top


def test_each_setting_is_in_the_table_with_its_default() -> None:
    listed = {row[0].strip("`"): row[1] for row in rows(GUIDE, "Settings")}
    assert {name: listed[name] for name in SETTINGS} == {n: str(v) for n, v in SETTINGS.items()}


def test_each_setting_of_the_table_is_read_somewhere() -> None:
    sources = [*ROOT.glob("bootstrap/*"), *ROOT.glob("runtime/**/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources if path.is_file())
    names = [row[0].strip("`") for row in rows(GUIDE, "Settings")]
    assert [name for name in names if name not in text] == []


def test_each_variable_of_ours_in_the_code_is_in_the_table() -> None:
    sources = [ROOT / "bootstrap" / "bootstrap", *ROOT.glob("runtime/surefoot/**/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    listed = {row[0].strip("`") for row in rows(GUIDE, "Settings")}
    # Two are set for a shell function, not read.
    given = {"SUREFOOT_REQUEST_ID", "SUREFOOT_DEADLINE_MS"}
    assert set(re.findall(r"\bSUREFOOT_[A-Z_]+[A-Z]\b", text)) - given <= listed


def test_each_exit_code_is_in_the_table() -> None:
    listed = {int(row[0]) for row in rows(GUIDE, "Exit codes")}
    assert {value for name, value in vars(errors).items() if name.startswith("EXIT_")} <= listed


def test_the_fault_table_is_the_tested_one() -> None:
    assert rows(GUIDE, "Faults") == [
        [fault.what, fault.outcome.value, str(fault.outcome.exit_code or "")]
        for fault in FAULTS.values()
    ]


def test_the_figures_are_those_of_the_benchmark() -> None:
    folder = ROOT / "tests" / "performance"
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert not results["quick"]
    text = (folder / "README.md").read_text(encoding="utf-8")
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert tables[0] == readme_rows(results)
    assert function_rows(results) in tables


def test_the_comparison_says_yes_or_no_and_links_to_the_proof() -> None:
    for row in rows(GUIDE, "Compared with other clients"):
        assert re.fullmatch(r"\[yes\]\(\.\./tests/[\w/.]+\)|no", row[1]), row


def test_the_places_where_a_newcomer_would_change_something_exist() -> None:
    table = rows(ROOT / ".github" / "CONTRIBUTING.md", "Where would I change …")
    files = [name for row in table for name in re.findall(r"`([^`]+)`", row[1])]
    assert len(table) == 5
    assert [name for name in files if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), f"{document.name}: {link}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{document.name}: {link}"
