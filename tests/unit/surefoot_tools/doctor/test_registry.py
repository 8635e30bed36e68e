"""What every check must have: codes of its own, severities, an explanation, and tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from surefoot_tools.doctor import catalogue, checks, policy
from surefoot_tools.doctor.finding import SEVERITIES

HERE = Path(__file__).parent
MODULES = Path(checks.__file__).parent


def test_every_file_is_registered_once() -> None:
    files = {path.stem for path in MODULES.glob("*.py")} - {"__init__"}
    assert sorted(checks.NAMES) == sorted(files)


def test_codes_are_unique_well_formed_and_have_titles() -> None:
    codes = [code for check in checks.all_checks() for code in check.CODES]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"SF[0-9]{3}", code) for code in codes)
    assert all(rule.title and not rule.title.endswith(".") for rule in catalogue.rules().values())


def test_the_policy_judges_every_code_and_no_other() -> None:
    severities = policy.load()["severities"]
    assert set(severities) == set(catalogue.rules())
    assert set(severities.values()) <= set(SEVERITIES)


def test_every_code_is_explained() -> None:
    for rule in catalogue.rules().values():
        assert len(rule.explanation.split()) > 15, rule.code


@pytest.mark.parametrize("name", checks.NAMES)
def test_every_check_has_tests_that_it_catches_and_that_it_does_not(name: str) -> None:
    [check] = [each for each in checks.all_checks() if each.__name__.endswith(f".{name}")]
    text = (HERE / "checks" / f"test_{name}.py").read_text()
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert [code for code in check.CODES if f'"{code}"' not in text] == []
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


def test_a_severity_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "policy.json"
    file.write_text('{"severities": {"SF001": "fatal"}}')
    monkeypatch.setattr(policy, "FILE", str(file))
    with pytest.raises(ValueError, match="SF001 is 'fatal'"):
        policy.load.__wrapped__()


def test_a_code_that_nobody_judged_is_an_error() -> None:
    assert policy.severity("SF999", policy.load()) == "error"


def test_expressions_of_the_policy_have_the_group_that_is_masked() -> None:
    for name, kind in policy.load()["secrets"].items():
        assert "secret" in re.compile(kind["pattern"]).groupindex, name
        assert kind["hints"], name
