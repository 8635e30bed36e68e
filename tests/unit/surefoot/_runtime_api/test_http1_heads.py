"""Heads of requests and replies."""

from __future__ import annotations

import pytest

from surefoot._runtime_api import http1
from surefoot._runtime_api.client import request_id_path
from surefoot._runtime_api.http1 import parse_head, safe_value
from surefoot.errors import RemoteProtocolError


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


@pytest.mark.parametrize("odd", ["\r", "\n", "\0", "\n\n", "\r\0"])
def test_line_ends_and_nul_in_a_value_become_blanks(odd: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nA: 1{odd}X-Evil: 2\r\nB: {odd}3{odd}"
    _, headers = parse_head(head.encode())
    assert headers == {"a": f"1{' ' * len(odd)}X-Evil: 2", "b": "3"}


@pytest.mark.parametrize("name", ["A\n", "A\rB", "A\0", "A ", "A\tB", "A\x7f", "\nA"])
def test_a_name_with_blanks_or_controls_is_refused(name: str) -> None:
    with pytest.raises(RemoteProtocolError, match="malformed header"):
        parse_head(f"HTTP/1.1 200 OK\r\n{name}: 1".encode())


@pytest.mark.parametrize("value", ["", "plain", "tab\there", "é", "\udcff", "\x1b[31m"])
def test_every_other_value_is_safe_as_it_is(value: str) -> None:
    assert safe_value(value) == value


ODD = "y" * 79 + "zZ"


@pytest.mark.parametrize(
    "head",
    [ODD, f"HTTP/1.1 200 OK\r\n{ODD}", f"HTTP/1.1 200 OK\r\n y{ODD[2:]}: 1"],
)
def test_80_characters_of_what_is_wrong_are_shown(head: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_head(head.encode())
    assert "yyz'" in str(caught.value)


def test_a_peer_of_http_1_0_closes_unless_it_says_otherwise() -> None:
    assert parse_head(b"HTTP/1.0 200 OK") == (200, {"connection": "close"})
    kept = b"HTTP/1.0 200 OK\r\nConnection: keep-alive"
    assert parse_head(kept) == (200, {"connection": "keep-alive"})
    assert parse_head(b"HTTP/1.1 200 OK") == (200, {})


def test_a_length_may_be_sent_twice_if_it_is_the_same() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\ncontent-length: %b"
    assert parse_head(head % b"3") == (200, {"content-length": "3"})
    with pytest.raises(RemoteProtocolError, match="two different Content-Length"):
        parse_head(head % b"4")


MOST = 64


@pytest.mark.parametrize(
    ("known", "length", "kept"),
    [(0, 3, True), (MOST - 1, MOST - 1, True), (MOST, 3, False), (0, MOST, False)],
)
def test_names_of_headers_are_kept_up_to_a_number_and_a_length(
    monkeypatch: pytest.MonkeyPatch, known: int, length: int, kept: bool
) -> None:
    names = {f"Known-{number}": f"known-{number}" for number in range(known)}
    monkeypatch.setattr(http1, "_names", names)
    name = "X" * length
    for _ in range(2):
        _, headers = parse_head(f"HTTP/1.1 200 OK\r\n{name}: 1".encode())
        assert headers == {name.lower(): "1"}
    assert (name in names) is kept
    assert len(names) == known + kept


def test_a_known_name_without_a_colon_is_malformed() -> None:
    parse_head(b"HTTP/1.1 200 OK\r\nContent-Length: 1")
    with pytest.raises(RemoteProtocolError, match="malformed header line 'Content-Length'"):
        parse_head(b"HTTP/1.1 200 OK\r\nContent-Length")
