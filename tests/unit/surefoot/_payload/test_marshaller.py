"""Payloads and results: what is JSON, what passes as it is, what is a fault."""

from __future__ import annotations

import decimal
import enum
import json
from collections import OrderedDict
from typing import Any, NamedTuple

import pytest

from surefoot._payload.marshaller import Marshaller, RawMarshaller, use_marshaller
from surefoot.errors import Fault

JSON = "application/json"


class Point(NamedTuple):
    x: object
    y: object


class Colour(enum.IntEnum):
    RED = 1


def dumps(value: object, ensure_ascii: bool = True) -> str:
    return Marshaller(ensure_ascii).dumps(value).decode()


@pytest.mark.parametrize("missing", ["load", "dump"])
def test_a_marshaller_without_both_directions_is_refused(missing: str) -> None:
    methods = {"load": lambda *_: None, "dump": lambda *_: None, missing: None}
    incomplete: Any = type("Incomplete", (), methods)()
    with pytest.raises(TypeError, match=rf"has no {missing}\(\); a marshaller needs load"):
        use_marshaller(incomplete)


@pytest.mark.parametrize("content_type", [JSON, None])
def test_an_event_is_json_unless_it_says_otherwise(content_type: str | None) -> None:
    assert Marshaller().load(b'{"a": [1, 2.5, null]}', content_type) == {"a": [1, 2.5, None]}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "Application/JSON", JSON + "; charset=utf-8"]
)
def test_another_content_type_gives_the_bytes(content_type: str) -> None:
    event = Marshaller().load(bytearray(b"\xff{"), content_type)
    assert (event, type(event)) == (b"\xff{", bytes)


@pytest.mark.parametrize("space", ["", " \t\r\n", "\ufeff", "\ufeff "])
def test_blanks_and_a_byte_order_mark_before_an_event_are_nothing(space: str) -> None:
    assert Marshaller().loads(space + "1 \n") == 1
    assert Marshaller().loads(space + '{"a": 1}\t') == {"a": 1}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"{}x", "Extra data: line 1 column 3 - line 1 column 4 (char 2 - 3)"),
        (b"[NaN]", "Expecting value: line 1 column 2 (char 1)"),
        (b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"),
    ],
)
def test_what_is_no_json_is_a_fault_that_says_where(body: bytes, message: str) -> None:
    with pytest.raises(Fault) as caught:
        Marshaller().load(body, JSON)
    assert caught.value.kind == "Runtime.UnmarshalError"
    assert caught.value.message == f"Unable to unmarshal input: {message}"


def test_an_event_nested_too_deep_is_a_fault_too() -> None:
    # The second from CPython 3.14 on, which measures the stack instead of counting calls.
    reason = "Unable to unmarshal input: (maximum recursion depth|Stack overflow)"
    with pytest.raises(Fault, match=reason):
        Marshaller().load(b"[" * 200_000, JSON)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ([1, True, 1.5, "é"], r'[1, true, 1.5, "\u00e9"]'),
        ({1: 2, None: 3, 1.5: 5}, '{"1": 2, "null": 3, "1.5": 5}'),
        ({"b": 1, "a": 2}, '{"b": 1, "a": 2}'),
        ((), "[]"),
        (Point(1, 2), '{"x": 1, "y": 2}'),
        ([Point(1, ())], '[{"x": 1, "y": []}]'),
        (OrderedDict(a=1), '{"a": 1}'),
        ({"a": b"x"}, '{"a": "x"}'),
        ({b"k": 1}, '{"k": 1}'),
        (decimal.Decimal("1.10"), "1.10"),
        (Colour.RED, "1"),
        ("\ud800", r'"\ud800"'),
    ],
    ids=repr,
)
def test_results_take_the_form_awslambdaric_gives_them(value: Any, text: str) -> None:
    assert dumps(value) == text


def test_without_escaping_only_lone_surrogates_are_escaped() -> None:
    assert dumps(["é😀", "\ud800"], ensure_ascii=False) == '["é😀", "\\ud800"]'


def test_bytes_pass_as_they_are() -> None:
    assert Marshaller().dump(b"\xff\0") == (b"\xff\0", "application/unknown")
    assert Marshaller().dump("x") == (b'"x"', JSON)


def circle() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


def deep() -> list[object]:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "Object of type object is not JSON serializable"),
        ({1, 2}, "Object of type set is not JSON serializable"),
        (bytearray(b"x"), "Object of type bytearray is not JSON serializable"),
        (1j, "Object of type complex is not JSON serializable"),
        (float("nan"), "Out of range float values are not JSON compliant"),
        ([float("-inf")], "Out of range float values are not JSON compliant"),
        (circle(), "Circular reference detected"),
        (deep(), "maximum recursion depth exceeded"),
        ({(): 1}, "keys must be str, int, float, bool or None, not tuple"),
    ],
    ids=lambda value: str(type(value)),
)
def test_what_has_no_json_form_is_a_fault_that_says_why(value: object, message: str) -> None:
    with pytest.raises(Fault) as caught:
        Marshaller().dump(value)
    assert caught.value.kind == "Runtime.MarshalError"
    assert caught.value.message.startswith(f"Unable to marshal response: {message}")


def test_a_value_may_stand_in_two_places_that_form_no_circle() -> None:
    shared = {"a": [1]}
    assert dumps([shared, shared]) == '[{"a": [1]}, {"a": [1]}]'


def test_a_raw_marshaller_hands_over_the_bytes_and_still_writes_reports() -> None:
    raw = RawMarshaller()
    assert raw.load(bytearray(b"{"), JSON) == b"{"
    assert raw.dump(b"out") == (b"out", "application/unknown")
    assert raw.dumps({"a": 1}) == b'{"a": 1}'


def test_a_marshaller_may_send_null_for_what_is_not_json() -> None:
    class NullForNan(Marshaller):
        def dump(self, result: object) -> tuple[bytes, str]:
            finite = json.loads(json.dumps(result, default=float), parse_constant=lambda _: None)
            return super().dump(finite)

    result = {"rows": [float("nan"), decimal.Decimal("NaN"), decimal.Decimal("1.5")]}
    assert NullForNan().dump(result) == (b'{"rows": [null, null, 1.5]}', JSON)
