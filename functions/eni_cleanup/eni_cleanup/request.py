"""A request of CloudFormation, checked.

Source: "Custom resource request objects", AWS CloudFormation User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from . import targets
from .targets import Targets

KINDS = ("Create", "Update", "Delete")
LONGEST_S = 3600
_KNOWN = {*targets.PROPERTIES, "ServiceToken", "ServiceTimeout"}


class Request(NamedTuple):
    """`limit_s` is how long CloudFormation waits; `sent_at` since the epoch, None if unknown."""

    kind: str
    stack: str
    targets: Targets
    limit_s: int
    sent_at: float | None


def parse(event: Mapping[str, Any]) -> Request:
    """Read a request.

    :raises ValueError: a member is missing, unknown or not of its form
    """
    kind = event.get("RequestType")
    if kind not in KINDS:
        raise ValueError(
            f"RequestType is {kind!r}; CloudFormation sends one of {', '.join(KINDS)}: "
            "pass its event on unchanged"
        )
    for key in ("StackId", "RequestId", "LogicalResourceId"):
        if not isinstance(event.get(key), str) or not event[key]:
            raise ValueError(f"{key} is missing; pass CloudFormation's event on unchanged")
    properties = event.get("ResourceProperties")
    if not isinstance(properties, dict):
        raise ValueError("ResourceProperties is missing; pass CloudFormation's event on unchanged")
    unknown = set(properties) - _KNOWN
    if unknown:
        raise ValueError(
            f"no property is called {', '.join(sorted(unknown))}; there are "
            f"{', '.join(sorted(_KNOWN))}"
        )
    return Request(
        kind,
        event["StackId"],
        targets.parse(properties, targets.PROPERTIES),
        _limit(properties.get("ServiceTimeout")),
        _sent_at(str(event.get("ResponseURL", ""))),
    )


def _limit(given: Any) -> int:
    if given is None:
        return LONGEST_S
    # CloudFormation turns every number in properties into text.
    text = str(given)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_S):
        raise ValueError(f"ServiceTimeout is {given!r}; write whole seconds from 1 to {LONGEST_S}")
    return int(text)


def _sent_at(url: str) -> float | None:
    """Read the time of the request from the address's signature.

    The event has no other time in it, and an invocation that repeats a killed one must not begin
    to count anew.
    """
    signed = parse_qs(urlsplit(url).query).get("X-Amz-Date", [""])[0]
    try:
        return datetime.strptime(signed, "%Y%m%dT%H%M%S%z").timestamp()
    except ValueError:
        return None
