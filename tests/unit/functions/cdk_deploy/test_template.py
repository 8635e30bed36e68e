"""The function's template: without findings, and with the policy that policy.json shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from cfnlint import decode

from tests.integration.functions.cdk_deploy.tools import FUNCTION

TEMPLATE = FUNCTION / "template.yaml"


def plain(value: Any) -> Any:
    """Write !Sub and !GetAtt as policy.json does: as text with ${…}."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            return value["Fn::Sub"]
        if set(value) == {"Fn::GetAtt"}:
            return "${" + ".".join(value["Fn::GetAtt"]) + "}"
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def test_cfn_lint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("cfn-lint")
    ran = subprocess.run([program, TEMPLATE], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_each_setting_can_be_given_to_the_template() -> None:
    """But the paths within the image, which the image's Dockerfile decides."""
    template, _ = decode.decode(str(TEMPLATE))
    assert template is not None
    given = template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    source = (FUNCTION / "cdk_deploy" / "config.py").read_text()
    known = set(re.findall(r'"(CDK_[A-Z_]+)"', source))
    assert known - set(given) == {"CDK_NODE", "CDK_CLI", "CDK_SCRATCH"}
    readme = (FUNCTION / "README.md").read_text()
    assert [name for name in sorted(known) if f"`{name}`" not in readme] == []


def test_the_policy_of_the_template_is_that_of_the_file() -> None:
    template, findings = decode.decode(str(TEMPLATE))
    assert not findings
    assert template is not None
    role = template["Resources"]["Role"]["Properties"]
    (policy,) = role["Policies"]
    shown = json.loads((FUNCTION / "policy.json").read_text())
    assert plain(policy["PolicyDocument"]) == shown
