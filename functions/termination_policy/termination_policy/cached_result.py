"""A verdict: which instances of a group may go, in order, for how long that is believed.

The form is JSON, compressed, since 30,000 ids must fit into an item of DynamoDB.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

from termination_policy.errors import Doubt
from termination_policy.strategy import Desk

VERSION = 1
LONGEST = 3600  # seconds that a verdict may be believed, whatever it says
MOST = 4_000_000  # bytes of JSON; 30,000 ids are some 660,000


def encode(group: str, free: Sequence[str], written: float, seconds: float) -> bytes:
    """Return a verdict as bytes. `written` is when the questions began, since the epoch."""
    members = {"version": VERSION, "group": group, "written": written}
    text = json.dumps({**members, "expires": written + seconds, "free": list(free)})
    return zlib.compress(text.encode())


def decode(data: bytes | None, desk: Desk) -> list[str]:
    """Return the ids. Raises Doubt: there is none, or none that can be believed now."""
    if data is None:
        raise Doubt("there is no verdict; look whether the companion runs")
    found = _object(data)
    if found.get("version") != VERSION or found.get("group") != desk.group:
        raise Doubt(f"the verdict is for {found.get('group')!r}, version {found.get('version')!r}")
    written, expires, now = found.get("written"), found.get("expires"), desk.now()
    if not isinstance(written, (int, float)) or not isinstance(expires, (int, float)):
        raise Doubt("the verdict does not say when it was written and when it expires")
    if not written <= now + 5 or not expires <= written + LONGEST:  # clocks differ a little
        raise Doubt("the verdict is from the future, or is to be believed for too long")
    if not now < expires:
        raise Doubt(
            f"the verdict expired {now - expires:.0f} s ago; look whether the companion runs"
        )
    free = found.get("free")
    if not isinstance(free, list) or not all(isinstance(name, str) for name in free):
        raise Doubt("the verdict has no list of instances")
    return free


def _object(data: bytes) -> dict[str, Any]:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, MOST)
        if not unpacking.eof:
            raise Doubt(f"the verdict is cut, or larger than {MOST:,} bytes")
        found = json.loads(text)
    except (zlib.error, ValueError) as error:
        raise Doubt(f"the verdict cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise Doubt("the verdict is no object")
    return found
