from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from termination_policy import cached_result
from termination_policy.errors import NotCertain
from tests.integration.functions.termination_policy.events import GROUP, names
from tests.integration.functions.termination_policy.strategies import make_context

NOW = 1_795_000_000.0
GOOD: dict[str, Any] = {
    "version": 1,
    "group": GROUP,
    "written": NOW - 60,
    "expires": NOW + 60,
    "free": ["i-1", "i-2"],
}


def packed(found: object) -> bytes:
    return zlib.compress(json.dumps(found).encode())


def changed(**members: Any) -> bytes:
    return packed({**GOOD, **members})


BROKEN: dict[str, tuple[bytes | None, str]] = {
    "none": (None, "there is no cached result; see in its log whether"),
    "empty": (b"", "the cached result is cut"),
    "no compression": (json.dumps(GOOD).encode(), "cannot be read: Error -3"),
    "cut": (packed(GOOD)[:-9], "the cached result is cut"),
    "no JSON": (zlib.compress(b"{"), "cannot be read: Expecting"),
    "no UTF-8": (zlib.compress(b"\xff"), "cannot be read: 'utf-8'"),
    "a list": (packed([]), "the cached result is not an object"),
    "a bomb": (zlib.compress(b" " * 50_000_000), "larger than 4,000,000 bytes"),
    "another version": (changed(version=2), "version 2"),
    "another group": (changed(group="arn:other"), "the cached result is for 'arn:other'"),
    "expired": (changed(expires=NOW - 7), "expired 7 s ago"),
    "expires now": (changed(expires=NOW), "expired 0 s ago"),
    "from the future": (changed(written=NOW + 30), "from the future"),
    "for too long": (changed(expires=NOW + 3600), "valid for too long"),
    "never expires": (changed(expires=None), "no time of writing or expiry"),
    "expires at no number": (changed(expires=float("nan")), "valid for too long"),
    "no list": (changed(free={"i-1": 1}), "no list of instances"),
    "numbers": (changed(free=[1]), "no list of instances"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_believed_is_refused(name: str) -> None:
    data, reason = BROKEN[name]
    with pytest.raises(NotCertain) as raised:
        cached_result.decode(data, make_context(lambda: NOW))
    assert reason in str(raised.value)


def test_a_result_is_read_as_it_was_written() -> None:
    data = cached_result.encode(GROUP, ["i-2", "i-1"], NOW - 10, 60)
    assert cached_result.decode(data, make_context(lambda: NOW)) == ["i-2", "i-1"]


def test_30_000_instances_fit_into_an_item_of_dynamodb() -> None:
    from termination_policy.stores.dynamodb import MAX_BYTES

    assert len(cached_result.encode(GROUP, names(30_000), NOW, 60)) < MAX_BYTES
