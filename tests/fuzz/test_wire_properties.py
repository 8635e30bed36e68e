"""The fuzzer's property holds for its seeds, and would catch a parser that is wrong."""

from __future__ import annotations

import pytest

from tests.fuzz.wire_properties import SEEDS, check, parse


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
@pytest.mark.parametrize("size", [0, 1, 2, 7, 64, 255])
def test_seeds(seed: bytes, size: int) -> None:
    check(bytes([size]) + seed)


def test_no_bytes_are_no_reply() -> None:
    check(b"")
    assert parse([]) == "cut off"


def test_replies_are_told_apart() -> None:
    assert parse([SEEDS[0]]) == (200, {"content-length": "3"}, b"abc")
    assert parse([b"x"]) == "refused"
