"""State on its way to the next invocation, small enough for Step Functions.

Between states Step Functions carries 262,144 bytes ("Quotas for state machines"), and the progress
of 500 targets is more. Targets resemble each other, so it compresses well.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

_PLAIN_CHARS = 8192  # what is shorter stays readable
_MEMBER = "deflated"


def pack(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a JSON object from which `unpack` returns the state."""
    text = json.dumps(state, separators=(",", ":"))
    if len(text) <= _PLAIN_CHARS:
        return state
    return {_MEMBER: base64.b64encode(zlib.compress(text.encode(), 9)).decode()}


def unpack(packed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state of `pack`."""
    if _MEMBER not in packed:
        return packed
    state: Mapping[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed[_MEMBER])))
    return state
