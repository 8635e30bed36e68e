"""The exact encoder by itself: every type that the C encoder lacks."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any, NamedTuple

import pytest

from surefoot._payload.json_encoder import encode


class Point(NamedTuple):
    x: object
    y: object


class Row:
    def __init__(self, fields: Any) -> None:
        self.fields = fields

    def __repr__(self) -> str:
        return f"Row({self.fields!r})"  # the name of a test is the same in every run

    def _asdict(self) -> Any:
        return self.fields


class Text(str):
    """A subclass is written as what it extends."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-0.0, "-0.0"),
        (1e22, "1e+22"),
        (10**30, "1" + "0" * 30),
        (Text("é"), r'"\u00e9"'),
        (b"\xc3\xa9", r'"\u00e9"'),
        ([], "[]"),
        ({}, "{}"),
        ([1, [2, {"a": ()}]], '[1, [2, {"a": []}]]'),
        (Point(1, Point(2, 3)), '{"x": 1, "y": {"x": 2, "y": 3}}'),
        (Row({"a": 1}), '{"a": 1}'),
        (decimal.Decimal("-1.50E+3"), "-1.50E+3"),
        ({float("nan"): 1, float("-inf"): 2}, '{"NaN": 1, "-Infinity": 2}'),
        (
            {b"k": 1, 1: 2, None: 3, False: 4, 0.5: 5},
            '{"k": 1, "1": 2, "null": 3, "false": 4, "0.5": 5}',
        ),
    ],
    ids=repr,
)
def test_values(value: object, text: str) -> None:
    assert encode(value, ensure_ascii=True) == text


def test_letters_stay_when_they_need_no_escape() -> None:
    assert encode({"é": "日\n"}, ensure_ascii=False) == '{"é": "日\\n"}'


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (datetime.date(2026, 1, 2), TypeError, "Object of type date is not JSON serializable"),
        (Point, TypeError, "Object of type type is not JSON serializable"),
        (Row([1]), TypeError, "_asdict() must return a dict, not list"),
        ({Point(1, 2): 1}, TypeError, "keys must be str, int, float, bool or None, not Point"),
        (float("inf"), ValueError, "Out of range float values are not JSON compliant"),
        (decimal.Decimal("NaN"), ValueError, "Out of range float values are not JSON compliant"),
        (b"\xff", UnicodeDecodeError, "'utf-8' codec can't decode byte 0xff"),
    ],
    ids=repr,
)
def test_what_has_no_form(value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        encode(value, ensure_ascii=True)
    assert str(caught.value).startswith(message)


def test_circles_are_named_through_every_kind_of_container() -> None:
    fields: dict[str, object] = {}
    fields["row"] = [Row(fields)]
    with pytest.raises(ValueError, match="Circular reference detected"):
        encode(fields, ensure_ascii=True)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (float("nan"), "nan at $."),
        ({"rows": [{"price": 1.0}, {"price": float("-inf")}]}, "-inf at $.rows[1].price."),
        ({"unit price": [float("inf")]}, 'inf at $["unit price"][0].'),
        ({1: {None: float("nan")}}, 'nan at $["1"].null.'),
        (Point(1, (decimal.Decimal("NaN"),)), "NaN at $.y[0]."),
        ({"k" * 70: float("nan")}, f'nan at $["{"k" * 60}…"].'),
    ],
    ids=repr,
)
def test_a_number_that_is_not_json_is_named_with_its_place(value: object, place: str) -> None:
    with pytest.raises(ValueError, match="Out of range float values") as caught:
        encode(value, ensure_ascii=True)
    assert f"compliant: {place} To send null instead, return " in str(caught.value)


def test_the_remedy_for_a_number_that_is_not_json_sends_null() -> None:
    result = {"rows": [float("nan"), decimal.Decimal("Infinity"), 1.5, decimal.Decimal("0.5")]}
    with pytest.raises(ValueError, match="To send null") as caught:
        encode(result, ensure_ascii=True)
    expression = str(caught.value).rpartition("return ")[2]
    sent = eval(expression, {"json": json, "result": result})
    assert encode(sent, ensure_ascii=True) == '{"rows": [null, null, 1.5, 0.5]}'
