"""The checks and the table of rules: every check has tests, every code is explained."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from surefoot_tools.doctor import checks, internal_findings
from surefoot_tools.doctor.context import load_check_data
from surefoot_tools.doctor.finding import SEVERITIES
from surefoot_tools.doctor.rules import RULES

HERE = Path(__file__).parent
MODULES = Path(checks.__file__).parent
CODE = re.compile(r"\"(SF[0-9]{3})\"")


def codes_in(module: Path) -> set[str]:
    return set(CODE.findall(module.read_text()))


def test_every_file_is_registered_once() -> None:
    files = {path.stem for path in MODULES.glob("*.py")} - {"__init__"}
    assert sorted(checks.NAMES) == sorted(files)


def test_each_code_is_used_by_one_check_and_has_one_rule() -> None:
    used = [code for name in checks.NAMES for code in codes_in(MODULES / f"{name}.py")]
    used += codes_in(Path(internal_findings.__file__))
    assert sorted(used) == list(RULES)


def test_a_check_names_no_severity_and_no_title() -> None:
    for name in checks.NAMES:
        text = (MODULES / f"{name}.py").read_text()
        assert not any(rule.title in text for rule in RULES.values()), name


@pytest.mark.parametrize(("code", "rule"), RULES.items())
def test_every_rule_is_complete(code: str, rule: object) -> None:
    known = RULES[code]
    assert known.severity in SEVERITIES
    assert known.title[-1].isalnum() or known.title.endswith(")")
    assert len(known.explanation.split()) >= 10
    assert known.explanation.endswith(".")
    assert known.remedy


def test_no_two_rules_share_a_text() -> None:
    for texts in zip(*((rule.title, rule.explanation) for rule in RULES.values()), strict=True):
        assert len(set(texts)) == len(RULES)


@pytest.mark.parametrize("name", checks.NAMES)
def test_every_check_has_tests_that_it_catches_and_that_it_does_not(name: str) -> None:
    text = (HERE / "checks" / f"test_{name}.py").read_text()
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert {code for code in codes_in(MODULES / f"{name}.py") if f'"{code}"' not in text} == set()
    assert any(re.match("test_catches_|test_.*_(is|are)_found", name) for name in names)
    assert any(re.match("test_does_not_catch_|test_.*_no_finding", name) for name in names)


@pytest.mark.parametrize("name", checks.NAMES)
def test_every_finding_that_a_check_makes_has_a_remedy(name: str) -> None:
    tree = ast.parse((MODULES / f"{name}.py").read_text())
    made = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Finding"
    ]
    assert made
    for call in made:
        given = [*call.args, *(word.value for word in call.keywords)]
        assert len(given) >= 3
        assert not (isinstance(given[2], ast.Constant) and not given[2].value)


def test_the_expressions_for_secrets_have_the_group_that_is_masked() -> None:
    for name, kind in load_check_data()["secrets"].items():
        assert "secret" in re.compile(kind["pattern"]).groupindex, name
        assert kind["hints"], name
