"""A streamed response: its prelude, its pieces and their framing, without a connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from surefoot import Marshaller
from surefoot._runtime_api.error_report import Report
from surefoot._runtime_api.streaming import (
    DELIMITER,
    HTTP_TYPE,
    MAX_PRELUDE,
    HttpPrelude,
    Stream,
    chunk,
    piece,
    trailers,
)
from surefoot.errors import Fault


def streamed(*values: Any) -> Stream:
    return Stream(iter(values), Marshaller())


@pytest.mark.parametrize("status", [99, 600, 0, -1])
def test_a_status_that_http_does_not_have_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match=rf"status {status} is not an HTTP status; use 100 to 599"):
        HttpPrelude(status)


@pytest.mark.parametrize(
    ("prelude", "fields"),
    [
        (HttpPrelude(), {"statusCode": 200}),
        (HttpPrelude(100, {"A": "1"}), {"statusCode": 100, "headers": {"A": "1"}}),
        (HttpPrelude(599, {"A": ("1",)}), {"statusCode": 599, "multiValueHeaders": {"A": ["1"]}}),
        (
            HttpPrelude(200, {"A": "1", "B": ["2", "3"]}, ["c=d"]),
            {
                "statusCode": 200,
                "headers": {"A": "1"},
                "multiValueHeaders": {"B": ["2", "3"]},
                "cookies": ["c=d"],
            },
        ),
    ],
)
def test_the_prelude_comes_first_and_has_only_what_it_was_given(
    prelude: HttpPrelude, fields: dict[str, Any]
) -> None:
    stream = streamed(prelude, "text")
    first, *rest = list(stream)
    assert stream.content_type == HTTP_TYPE
    assert first.endswith(DELIMITER)
    assert json.loads(first.removesuffix(DELIMITER)) == fields
    assert rest == [b"text"]


def test_a_prelude_that_lambda_would_not_read_is_refused() -> None:
    closed = []

    def source() -> Iterator[HttpPrelude]:
        try:
            yield HttpPrelude(200, {"X": "x" * MAX_PRELUDE})
        finally:
            closed.append(True)

    with pytest.raises(Fault, match=r"prelude is \d+ bytes long; Lambda reads 16376 at"):
        Stream(source(), Marshaller())
    assert closed


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("ä", b"\xc3\xa4"),
        ("\ud800", b"\\ud800"),
        (b"a", b"a"),
        (bytearray(b"b"), b"b"),
        (memoryview(b"c"), b"c"),
    ],
)
def test_text_and_bytes_of_every_kind_are_pieces(value: object, data: bytes) -> None:
    assert piece(value) == data


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ({"a": 1}, "yielded dict: yield str or bytes; for JSON, yield json.dumps"),
        (None, "yielded NoneType"),
        (HttpPrelude(), "yielded HttpPrelude: HttpPrelude goes first, before any text"),
    ],
)
def test_another_value_is_refused_with_what_to_yield(value: object, remedy: str) -> None:
    with pytest.raises(Fault, match=remedy):
        piece(value)


def test_empty_pieces_are_left_out_because_an_empty_chunk_ends_the_body() -> None:
    assert list(streamed("", b"", "a", "", "b", b"")) == [b"a", b"b"]
    assert list(streamed("", b"")) == []


def test_a_chunk_is_its_size_in_hexadecimal_and_its_data() -> None:
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"


def test_the_trailers_name_the_error_and_carry_its_report_in_base64() -> None:
    text = trailers(Report.of(ValueError("why")), b'{"a": 1}').decode()
    assert text.splitlines() == [
        "Lambda-Runtime-Function-Error-Type: Function.ValueError",
        "Lambda-Runtime-Function-Error-Body: eyJhIjogMX0=",
    ]
