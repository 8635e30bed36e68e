from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rie.aws.deploy.parameters import Values, choose, parse, require
from rie.aws.deploy.template import Template
from rie.errors import UserError

DECLARED: dict[str, dict[str, Any]] = {
    "ImageUri": {"Type": "String"},
    "MemorySize": {"Type": "Number", "MinValue": 128, "MaxValue": 10240, "Default": 128},
    "Stage": {"Type": "String", "AllowedValues": ["dev", "prod"], "Default": "dev"},
    "Tracing": {"Type": "String", "AllowedValues": [True, False], "Default": True},
    "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "MinLength": 2, "MaxLength": 4},
    "Named": {
        "Type": "String",
        "AllowedPattern": "[a-z]+",
        "ConstraintDescription": "must be in lower case",
        "Default": "x",
    },
    "Odd": {"Type": "String", "AllowedPattern": r"\p{Lower}+", "Default": "x"},
    "Password": {"Type": "String", "NoEcho": True, "MinLength": 9, "Default": "x"},
    "Vpc": {"Type": "AWS::EC2::VPC::Id", "Default": ""},
}
TEMPLATE = Template(Path("t.yaml"), "", DECLARED, {})


def test_words_become_values_and_only_the_first_equals_sign_divides() -> None:
    assert parse(["A=1", "Query=x=y", "Empty="]) == {"A": "1", "Query": "x=y", "Empty": ""}


@pytest.mark.parametrize(
    ("words", "reason", "remedy"),
    [
        (["MemorySize"], "not of the form KEY=VALUE", "--parameter MemorySize=256"),
        (["=5"], "not of the form KEY=VALUE", "--parameter"),
        (["A=1", "A=2"], "A: given twice", "once"),
        (["ImageUri=x"], "an option sets it", "use --image"),
        (["Architecture=arm64"], "an option sets it", "use --arch"),
    ],
)
def test_other_words_are_refused(words: list[str], reason: str, remedy: str) -> None:
    with pytest.raises(UserError) as raised:
        parse(words)
    assert reason in raised.value.reason
    assert remedy in raised.value.remedy


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("memorysize", "did you mean MemorySize?"),
        ("MemorySise", "did you mean MemorySize?"),
        ("Stgae", "did you mean Stage?"),
        ("Quux", "it has MemorySize, Name, Named, Odd, Password, Stage, Tracing, Vpc"),
    ],
)
def test_an_unknown_parameter_is_answered_with_the_nearest(key: str, remedy: str) -> None:
    with pytest.raises(UserError, match=f"t.yaml has no parameter {key}") as raised:
        choose(TEMPLATE, {key: "1"}, ())
    assert raised.value.remedy == remedy


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("MemorySize", "64", "'64' is below the smallest, 128"),
        ("MemorySize", "99999", "'99999' is above the largest, 10240"),
        ("MemorySize", "much", "'much' is not a number"),
        ("Stage", "test", "'test' is none of dev, prod"),
        ("Tracing", "True", "'True' is none of true, false"),
        ("Name", "Abc", "'Abc' does not match [a-z]+"),
        ("Name", "abcde", "'abcde' has 5 characters; 2 to 4 are allowed"),
        ("Name", "a", "'a' has 1 characters; 2 to 4 are allowed"),
        ("Named", "X", "'X' must be in lower case"),
        ("Password", "secret", "**** has 6 characters"),
    ],
)
def test_a_value_that_does_not_fit_is_named(key: str, value: str, fault: str) -> None:
    with pytest.raises(UserError) as raised:
        choose(TEMPLATE, {key: value}, ())
    assert f"parameter {key}: {fault}" in raised.value.reason


@pytest.mark.parametrize(
    ("key", "value"),
    [("MemorySize", "256"), ("Stage", "prod"), ("Tracing", "true"), ("Name", "abc")],
)
def test_a_value_that_fits_is_taken(key: str, value: str) -> None:
    assert choose(TEMPLATE, {key: value}, DECLARED).given == {key: value}


@pytest.mark.parametrize(("key", "value"), [("Odd", "x"), ("Vpc", "anything")])
def test_what_only_cloudformation_can_judge_is_left_to_it(key: str, value: str) -> None:
    assert choose(TEMPLATE, {key: value}, DECLARED).given == {key: value}


def test_missing_values_are_named_together() -> None:
    with pytest.raises(UserError, match="needs a value for ImageUri, Name") as raised:
        choose(TEMPLATE, {}, ())
    assert "--parameter Name=…" in raised.value.remedy


def test_what_the_stack_has_is_kept_and_what_the_template_lost_is_dropped() -> None:
    values = choose(TEMPLATE, {"Stage": "prod"}, ["ImageUri", "Name", "Stage", "Gone"])
    assert values == Values({"Stage": "prod"}, ("ImageUri", "Name"))
    assert values.for_api() == [
        {"ParameterKey": "Stage", "ParameterValue": "prod"},
        {"ParameterKey": "ImageUri", "UsePreviousValue": True},
        {"ParameterKey": "Name", "UsePreviousValue": True},
    ]


def test_a_template_without_the_parameter_of_an_option_is_refused() -> None:
    require(TEMPLATE, "ImageUri", "--image")
    with pytest.raises(UserError, match=r"no parameter Architecture, which --arch sets"):
        require(TEMPLATE, "Architecture", "--arch")


def test_a_template_with_nothing_to_give_says_so() -> None:
    bare = Template(Path("t.yaml"), "", {"ImageUri": {"Type": "String"}}, {})
    with pytest.raises(UserError) as raised:
        choose(bare, {"Size": "1"}, ())
    assert raised.value.remedy == "it has none to give"
