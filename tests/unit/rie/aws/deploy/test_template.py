from __future__ import annotations

from pathlib import Path

import pytest

from rie.aws.deploy import template
from rie.errors import UserError
from rie.paths import ROOT

FUNCTION = """\
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      PackageType: Image
      Code: {ImageUri: x}
      Role: arn:aws:iam::123456789012:role/r
      Timeout: 9999
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def test_parameters_and_resources_are_read() -> None:
    read = template.read(ROOT / "functions/echo/template.yaml")
    assert read.parameters["MemorySize"]["Default"] == 128
    assert read.resources["Function"]["Type"] == "AWS::Lambda::Function"
    assert read.body.startswith("AWSTemplateFormatVersion")


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no .*template\.yaml") as raised:
        template.read(tmp_path / "template.yaml")
    assert "functions/echo/template.yaml" in raised.value.remedy


def test_a_template_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot read"):
        template.read(path)


def test_a_template_that_is_no_yaml_is_shown_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "A: [1\nB: 2\n")
    with pytest.raises(UserError) as raised:
        template.read(path)
    assert f"{path}:2: error E0000: did not find expected" in raised.value.reason


@pytest.mark.parametrize("text", ["", "- a list\n", "a text\n"])
def test_a_template_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="is not a template"):
        template.read(written(tmp_path, text))


def test_a_template_that_cannot_be_sent_is_refused_before(tmp_path: Path) -> None:
    path = written(tmp_path, "# " + "x" * 51_200 + "\n" + FUNCTION)
    with pytest.raises(UserError, match="CloudFormation takes 51,200"):
        template.read(path)


def test_cfn_lint_tells_file_line_and_rule(tmp_path: Path) -> None:
    path = written(tmp_path, FUNCTION)
    findings = template.lint(path, "eu-west-1")
    assert {finding.severity for finding in findings} == {"error"}
    assert str(findings[0]).startswith(f"{path}:8: error E3")
    assert "9999 is greater than the maximum" in str(findings[0])


def test_findings_come_in_the_order_of_lines(tmp_path: Path) -> None:
    text = FUNCTION.replace("Image\n", "Picture\n").replace(
        "Timeout", "MemorySize: 1\n      Timeout"
    )
    lines = [one.line for one in template.lint(written(tmp_path, text), "eu-west-1")]
    assert lines == sorted(lines)
    assert lines[0] == 5


@pytest.mark.parametrize(
    ("resource", "capabilities"),
    [
        ("{Type: AWS::SQS::Queue}", []),
        ("{Type: AWS::IAM::Role, Properties: {}}", ["CAPABILITY_IAM"]),
        ("{Type: AWS::IAM::Role, Properties: {RoleName: r}}", ["CAPABILITY_NAMED_IAM"]),
        ("{Type: AWS::IAM::User, Properties: {UserName: u}}", ["CAPABILITY_NAMED_IAM"]),
    ],
)
def test_iam_resources_are_acknowledged(
    tmp_path: Path, resource: str, capabilities: list[str]
) -> None:
    path = written(tmp_path, f"Resources:\n  One: {resource}\n")
    assert template.read(path).capabilities() == capabilities


def test_a_deployed_template_is_read_as_text_or_as_object() -> None:
    assert template.parsed("Resources: {A: {Type: T}}") == {"Resources": {"A": {"Type": "T"}}}
    assert template.parsed({"Resources": {}}) == {"Resources": {}}
    assert template.parsed("no template") == {}
