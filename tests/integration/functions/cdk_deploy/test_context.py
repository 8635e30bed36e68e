"""Context values: whatever an event holds, the CLI gets whole words `--context=key=value`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_deploy import context
from cdk_deploy.errors import RequestError

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,20}", fullmatch=True)
# What the CLI does with a word: assignment.split(/=(.*)/, 2), where `.` is no line end.
# No command line can carry these, or the CLI would cut there; control characters besides.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
CLI = re.compile(r"=([^\n\r\u2028\u2029]*)")


def as_the_cli_reads(word: str) -> tuple[str, str]:
    option, _, assignment = word.partition("=")
    assert option == "--context"
    cut = CLI.search(assignment)
    assert cut is not None
    assert cut.end() == len(assignment)
    return assignment[: cut.start()], cut[1]


@given(ANY)
def test_anything_is_refused_or_becomes_words_that_the_cli_reads_as_they_were_meant(
    value: Any,
) -> None:
    try:
        read = context.read(value)
    except RequestError:
        return
    assert dict(map(as_the_cli_reads, context.as_cli_arguments(read))) == read


@given(st.dictionaries(KEYS, st.text() | st.integers(), max_size=4))
def test_text_comes_through_unchanged(values: dict[str, str | int]) -> None:
    meant = {key: str(value) for key, value in values.items()}
    if any(UNFIT.search(value) for value in meant.values()):
        with pytest.raises(RequestError):
            context.read(values)
        return
    assert context.read(values) == meant
    for word in context.as_cli_arguments(meant):
        assert word.encode()


@pytest.mark.parametrize(
    ("given_context", "named"),
    [
        ({"--app": "x"}, "--app"),
        ({"": "x"}, "''"),
        ({"a=b": "x"}, "a=b"),
        ({"aws:cdk:enable": "x"}, "aws:cdk"),
        ({"@aws-cdk/core:x": "true"}, "@aws-cdk"),
        ({"a\n": "x"}, "a"),
        ({"a": "x\ny"}, "U+000A"),
        ({"a": "x\0"}, "U+0000"),
        ({"a": "x\u2028--app=y"}, "U+2028"),
        ({"a": "\ud800"}, "U+D800"),
        ({"a": None}, "NoneType"),
        ({"a": ["x"]}, "list"),
        ({"a": float("inf")}, "float"),
        ({"a": "x" * 8193}, "8,192"),
        ({f"k{number}": 1 for number in range(65)}, "65"),
        (["a=b"], "list"),
    ],
)
def test_what_is_unfit_is_named(given_context: Any, named: str) -> None:
    with pytest.raises(RequestError, match=re.escape(named)):
        context.read(given_context)


def test_only_allowed_keys_pass_where_some_are() -> None:
    assert context.read({"a": 1}, {"a"}) == {"a": "1"}
    with pytest.raises(RequestError, match="b is not allowed; use a,"):
        context.read({"b": 1}, {"a"})


@pytest.mark.parametrize(("keys", "fits"), [(64, True), (65, False)])
def test_a_context_has_64_keys_at_most(keys: int, fits: bool) -> None:
    given = {f"k{number}": number for number in range(keys)}
    if fits:
        assert len(context.read(given)) == keys
    else:
        with pytest.raises(RequestError, match="the context has 65 keys; 64 are the limit"):
            context.read(given)


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("k" * 128, "", True),
        ("k" * 129, "", False),
        ("k", "x" * 8192, True),
        ("k", "x" * 8193, False),
        ("k", "é" * 4097, False),
    ],
)
def test_keys_and_values_have_a_longest_form(key: str, value: str, fits: bool) -> None:
    if fits:
        assert context.read({key: value}) == {key: value}
    else:
        with pytest.raises(RequestError):
            context.read({key: value})
