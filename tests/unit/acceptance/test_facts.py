from __future__ import annotations

import io

import pytest

from tests.acceptance import facts
from tests.acceptance.facts import (
    DIFFERS,
    HELD,
    NOT_RUN,
    Fact,
    anonymize,
    count_results,
    format_facts,
    name_fact,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "arn:aws:lambda:eu-west-1:210987654321:function:f",
            "arn:aws:lambda:eu-west-1:<account>:function:f",
        ),
        ("210987654321.dkr.ecr", "<account>.dkr.ecr"),
        ("'accountId': '210987654321'", "'accountId': '<account>'"),
        (
            "https://abc123xyz.lambda-url.eu-west-1.on.aws/",
            "https://<url>.lambda-url.eu-west-1.on.aws/",
        ),
        ("'sourceIp': '203.0.113.7'", "'sourceIp': '<address>'"),
        ("2001:db8:85a3:0:0:8a2e:370:7334", "<address>"),
        ("AROAABCDEFGHIJKLMNOP:me", "<key>:me"),
        ("started_ns 1795689785782353674", "started_ns 1795689785782353674"),
        ("f2b11766-5618-4a2b-9c3d-741213dd81c3", "f2b11766-5618-4a2b-9c3d-741213dd81c3"),
        ("f2b11766-5618-4a2b-9c3d-741213448193", "f2b11766-5618-4a2b-9c3d-741213448193"),
        ("at 12:30:45 and 1.2.3", "at 12:30:45 and 1.2.3"),
        ("two\nlines\tand\x1b[31m colour", "two lines and colour"),
    ],
)
def test_what_identifies_an_account_is_replaced(text: str, expected: str) -> None:
    assert anonymize(text) == expected


def test_credentials_of_the_environment_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token-that-is-secret")
    assert "a-token-that-is-secret" not in anonymize("token a-token-that-is-secret")


def test_what_is_hidden_is_replaced_inside_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "_hidden", set())
    facts.hide("210987654321")
    assert anonymize("bucket-210987654321-x") == "bucket-<hidden>-x"


def test_long_texts_are_cut_after_what_identifies_is_replaced() -> None:
    text = anonymize("x" * 155 + " 210987654321")
    assert len(text) == 160
    assert "2109" not in text


def test_a_test_is_a_fact_by_its_name_and_parameters() -> None:
    assert name_fact("test_a_time_out_is_reported") == "a time out is reported"
    assert name_fact("test_an_exit", "0-text") == "an exit [0-text]"


def test_an_assertion_in_a_loop_is_one_check() -> None:
    fact = Fact("a fact")
    for number in range(3):
        fact.add("answer == number", f"{number} == {number}")
    assert [each.seen for each in fact.checks] == ["0 == 0"]


def test_a_fact_with_two_checks_has_two_rows() -> None:
    fact = Fact("a fact", DIFFERS)
    fact.add("a == 1", "1 == 1")
    fact.add("b == 2", "3 == 2")
    skipped = Fact("another", NOT_RUN, "the limit is 10")
    rows = format_facts([fact, skipped], io.StringIO()).splitlines()[2:]
    assert [each.split() for each in rows] == [
        ["a", "fact", "a", "==", "1", "1", "==", "1", "differs"],
        ["b", "==", "2", "3", "==", "2"],
        ["another", "the", "limit", "is", "10", "not", "run"],
    ]


def test_results_are_counted() -> None:
    counts = count_results([Fact("a"), Fact("b"), Fact("c", DIFFERS)])
    assert (counts[HELD], counts[DIFFERS], counts[NOT_RUN]) == (2, 1, 0)
