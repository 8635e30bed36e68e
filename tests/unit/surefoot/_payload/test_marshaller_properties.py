"""Against the reference: awslambdaric's own marshaller, on generated values and damaged texts."""

from __future__ import annotations

import decimal
import json
import math
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from surefoot._payload.marshaller import Marshaller

# Any: simplejson comes with awslambdaric and has no types.
reference: Any = pytest.importorskip("awslambdaric.lambda_runtime_marshaller")
simplejson: Any = pytest.importorskip("simplejson")


class Pair(NamedTuple):
    left: object
    right: object


finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | finite
    | st.text(max_size=8)
    # Surrogates alone, as os.fsdecode() makes them.
    | st.text(st.characters(categories=["Cs", "Lo"]), max_size=4)
)
keys = st.text(max_size=5) | st.integers() | st.booleans() | st.none() | finite
plain = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
exact_scalars = (
    scalars
    | st.binary(max_size=4)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from([object(), {1}, 1j, bytearray(b"x"), range(2)])
)
unusual = st.recursive(
    exact_scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Pair, inner, inner)
        | st.dictionaries(keys | st.binary(max_size=2) | st.just(()), inner, max_size=3)
    ),
    max_leaves=8,
)


def text_or_words(encode: Any, value: object) -> str:
    """What an encoder says: the JSON text, or the message of its refusal."""
    try:
        result = encode(value)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return str(result, "utf-8") if isinstance(result, bytes) else str(result)


@given(plain)
def test_results_of_plain_types_are_equal(value: object) -> None:
    assert Marshaller().dumps(value).decode() == reference.to_json(value)


@given(unusual)
@example([Pair(1, b"\xff")])
@example({(): object()})
@example(decimal.Decimal("1E+400"))
def test_results_of_unusual_types_are_equal_or_refused_in_the_same_words(value: object) -> None:
    assert text_or_words(Marshaller().dumps, value) == text_or_words(reference.to_json, value)


@given(plain)
def test_what_is_written_reads_back(value: object) -> None:
    for ensure_ascii in (True, False):
        text = Marshaller(ensure_ascii).dumps(value).decode()
        assert text_of(Marshaller().loads(text)) == text_of(json.loads(text))


def text_of(value: object) -> str:
    # repr() tells 1 from 1.0 and from True, which == does not.
    return repr(value)


def value_or_words(loads: Any, text: str) -> str:
    """What a parser says: the value, or the message of its refusal."""
    try:
        return repr(loads(text))
    except Exception as error:
        return f"refused: {error}"


documents = st.one_of(
    plain.map(lambda value: simplejson.dumps(value, ensure_ascii=False)),
    plain.map(lambda value: simplejson.dumps(value, indent=1)),
)
damage = st.sampled_from(
    [
        *'{}[]:,"\\-+.eE0123456789ntfu \t\r\n\x00\x1f\x7f\ufeff\u00a0é',
        "",
        "NaN",
        "Infinity",
        "\\u12",
    ]
)


@given(st.data())
def test_damaged_events_are_refused_in_the_same_words(data: st.DataObject) -> None:
    text = data.draw(documents)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(damage) + text[at + data.draw(st.integers(0, 2)) :]
    assert value_or_words(Marshaller().loads, text) == value_or_words(simplejson.loads, text)


@given(st.text('{}[]:,"\\ 01.eE-+utrfalsn\n', max_size=12))
def test_short_texts_are_read_or_refused_alike(text: str) -> None:
    assert value_or_words(Marshaller().loads, text) == value_or_words(simplejson.loads, text)


@given(finite)
def test_numbers_keep_their_bits(value: float) -> None:
    back = Marshaller().loads(Marshaller().dumps(value).decode())
    assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))
