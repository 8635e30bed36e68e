"""A cached result: which instances of a group may go, in order, and until when that is valid.

It is compressed JSON, since 30,000 ids must fit into a DynamoDB item.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from termination_policy.errors import NotCertain
from termination_policy.strategy import StrategyContext

VERSION = 1
_REMEDY = "see in its log whether the scheduled scan runs"
MAX_AGE_S = 3600  # of a result, whatever it says itself
MAX_BYTES = 4_000_000  # bytes of JSON; 30,000 ids are some 660,000


def encode(group: str, free: Sequence[str], written: float, seconds: float) -> bytes:
    """Return a cached result as bytes. `written` is when the scan began, since the epoch."""
    members = {"version": VERSION, "group": group, "written": written}
    text = json.dumps({**members, "expires": written + seconds, "free": list(free)})
    return zlib.compress(text.encode())


def decode(data: bytes | None, context: StrategyContext) -> list[str]:
    """Return the ids. Raises NotCertain if there is no valid one."""
    if data is None:
        raise NotCertain("there is no cached result", _REMEDY)
    found = _object(data)
    if found.get("version") != VERSION or found.get("group") != context.group:
        raise NotCertain(
            f"the cached result is for {found.get('group')!r}, version {found.get('version')!r}",
            _REMEDY,
        )
    written, expires, now = found.get("written"), found.get("expires"), context.now()
    if not isinstance(written, (int, float)) or not isinstance(expires, (int, float)):
        raise NotCertain("the cached result has no time of writing or expiry", _REMEDY)
    if not written <= now + 5 or not expires <= written + MAX_AGE_S:  # clocks differ a little
        raise NotCertain("the cached result is from the future, or valid for too long", _REMEDY)
    if not now < expires:
        raise NotCertain(f"the cached result expired {now - expires:.0f} s ago", _REMEDY)
    free = found.get("free")
    if not isinstance(free, list) or not all(isinstance(name, str) for name in free):
        raise NotCertain("the cached result has no list of instances", _REMEDY)
    return free


def _object(data: bytes) -> dict[str, Any]:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, MAX_BYTES)
        if not unpacking.eof:
            raise NotCertain(
                f"the cached result is cut, or larger than {MAX_BYTES:,} bytes", _REMEDY
            )
        found = json.loads(text)
    except (zlib.error, ValueError) as error:
        raise NotCertain(f"the cached result cannot be read: {error}", _REMEDY) from None
    if not isinstance(found, dict):
        raise NotCertain("the cached result is not an object", _REMEDY)
    return found
