"""Heads of requests and replies."""

from __future__ import annotations

import pytest

from surefoot.errors import RemoteProtocolError
from surefoot.head import parse_head, request_id_path


@pytest.mark.parametrize(
    ("request_id", "path"),
    [
        ("8476a536-e9f4-11e8-9739-2dfe598c3fcd", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("a/b c", "a%2Fb%20c"),
        ("a.b_c~d", "a.b_c~d"),
        ("é", "%C3%A9"),
        ("\udcff", "%FF"),
        ("-", "-"),
        ("%2F?#", "%252F%3F%23"),
    ],
)
def test_a_request_id_is_one_path_segment(request_id: str, path: str) -> None:
    assert request_id_path(request_id) == path


def test_names_are_lower_case_and_the_last_of_several_values_counts() -> None:
    status, headers = parse_head(b"HTTP/1.1 200 OK\r\nX-One: 1\r\nx-ONE:  2 \r\nA:b:c")
    assert (status, headers) == (200, {"x-one": "2", "a": "b:c"})


def test_values_are_utf_8_and_odd_bytes_survive() -> None:
    _, headers = parse_head(b"HTTP/1.1 200 OK\r\na: \xc3\xa9\xff")
    assert headers["a"].encode("utf-8", "surrogateescape") == b"\xc3\xa9\xff"


def test_a_complaint_quotes_no_more_than_it_must() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_head(b"x" * 10_000)
    assert len(str(caught.value)) < 200
