"""What comes from outside cannot drive a terminal, forge a line, or show a credential."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.functions.vpc_check.casefile import changed
from vpc_check.app import analyse
from vpc_check.facts import Facts, Unknown
from vpc_check.observation import Observation
from vpc_check.report.page import render as page
from vpc_check.report.report import to_json
from vpc_check.report.text import render as text
from vpc_check.request import read_plan
from vpc_check.safe_text import clean, describe_target, mask_url
from vpc_check.target import Target, parse

# Colours, a cursor's move, a title, a C1 control, a forged line, a right-to-left override, a
# surrogate that cannot be encoded.
HOSTILE = "a\x1b[31mred\x1b[2J\x1b]0;title\x07\x9b1m\r\nverdict: fine\u202e\ud800"


def poisoned(value: Any) -> Any:
    """Every text of AWS's answers with something hostile behind it, ids and CIDRs excepted."""
    if isinstance(value, dict):
        return {key: HOSTILE if key in FREE_TEXT else poisoned(each) for key, each in value.items()}
    return [poisoned(each) for each in value] if isinstance(value, list) else value


FREE_TEXT = {"FunctionName", "Description", "RoleName", "FailureMessage", "StateReason"}


def report() -> Any:
    change = {
        "Function": {"FunctionName": "f", "State": "Failed", "StateReason": "r"},
        "NatGateways": {"nat-1": {"State": "failed", "FailureMessage": "m"}},
    }
    sections = poisoned(changed(change))
    del sections["NetworkAcls"]
    targets = [
        parse("https://example.com"),
        Target("tcp", HOSTILE, 1, about=HOSTILE),
        Target("https", "example.com", 443, path=f"/{HOSTILE}"),
    ]
    seen = [Observation(each, "failed", HOSTILE, "10.0.5.10") for each in targets]
    unknown = {"NetworkAcls": Unknown(HOSTILE, HOSTILE)}
    plan = read_plan({"concurrency": 5})
    return analyse(Facts(f"eu-west-1{HOSTILE}", sections, unknown), targets, seen, plan)


def test_no_control_character_reaches_the_text() -> None:
    rendered = text(report())
    rendered.encode()
    assert all(line.isprintable() for line in rendered.split("\n"))
    assert not any(line.startswith("verdict: fine") for line in rendered.split("\n"))


def test_no_control_character_reaches_the_page() -> None:
    rendered = page(report())
    rendered.encode()
    assert all(line.isprintable() for line in rendered.split("\n"))


def test_no_control_character_reaches_the_json() -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [each for item in value.items() for part in item for each in texts(part)]
        if isinstance(value, (list, tuple)):
            return [each for part in value for each in texts(part)]
        return [value] if isinstance(value, str) else []

    answer = to_json(report())
    json.dumps(answer, ensure_ascii=False).encode()
    assert [each for each in texts(answer) if not each.isprintable()] == []


def test_printable_text_is_left_alone() -> None:
    assert clean("prüfung → 日本 ✓") == "prüfung → 日本 ✓"
    assert clean("a\tb\nc") == "a b c"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://login.test/?state=abc&x=1", "https://login.test/?state=***&x=***"),
        ("https://me:secret@host.test/p", "https://***@host.test/p"),
        ("/relative?token=abc", "/relative?token=***"),
        ("https://plain.test/a/b", "https://plain.test/a/b"),
    ],
)
def test_a_servers_url_is_shown_without_its_credentials(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("ftp://example.com", "'ftp://example.com'"),
        ("tcp://example.com:70000", "'tcp://example.com:70000'"),
        ("example.com:443", "'example.com:443'"),
        ("https://a/b?c=d", "'https://a/…'"),
        ("https://me:pw@a/b", "'https://***'"),
        (5, "5"),
    ],
)
def test_a_target_that_cannot_be_read_is_described(target: object, shown: str) -> None:
    assert describe_target(target) == shown
