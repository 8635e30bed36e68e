"""The interface of stores: bytes by the ARN of a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Store(NamedTuple):
    """`read` and `write` take the service's client first; both raise botocore's errors."""

    service: str
    read: Callable[[Any, str], bytes | None]
    write: Callable[[Any, str, bytes, float], None]  # the last: when it expires, since the epoch
