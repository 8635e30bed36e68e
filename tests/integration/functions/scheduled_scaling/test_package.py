"""What stands beside the code agrees with it: the policy, the README."""

from __future__ import annotations

import json

import pytest

from rie.aws.deploy.template import parsed
from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.settings import _READERS, PREFIX, Settings
from tests.integration.functions.scheduled_scaling.conftest import FUNCTION, Night
from tests.integration.functions.scheduled_scaling.test_night import GROUPS

README = (FUNCTION / "README.md").read_text()


@pytest.mark.parametrize("name", _READERS)
def test_each_setting_stands_in_the_readme(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in README


@pytest.mark.parametrize("name", _READERS)
def test_each_setting_can_be_given_to_the_template(name: str) -> None:
    template = parsed((FUNCTION / "template.yaml").read_text())
    resource = template["Resources"]["Function"]["Properties"]
    variables = resource["Environment"]["Variables"]
    value = variables[f"{PREFIX}{name.upper()}"]
    if name in ("table", "wake_role"):  # made by the template itself
        return
    parameter = template["Parameters"][value["Ref"]]
    if name == "event_bus":  # on for a stack, off for a function alone
        assert parameter["Default"] == "default"
        return
    variable = {f"{PREFIX}{name.upper()}": str(parameter["Default"])}
    assert Settings.from_environ(variable) == Settings()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_stands_in_the_readme(kind: str) -> None:
    assert f"| `{kind}` |" in README


@pytest.mark.parametrize("table", ["", seed.TABLE])
def test_the_policy_allows_every_call_that_is_made(night: Night, table: str) -> None:
    seed.table()
    seed.night()
    seed.auto_scaling_group()
    night.set(table=table)
    calls = {*night.step("scale-out")["calls"], *night.step("restore")["calls"]}
    night.scenarios(GROUPS)
    for step in ("up", "restore"):
        calls |= set(night.send({"scenario": "day", "step": step})["calls"])
    policy = json.loads((FUNCTION / "policy.json").read_text())
    allowed: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    assert calls - allowed == set()
    assert "rds:DeleteDBInstance" in calls
