"""A request of CloudFormation, checked.

Source: "Custom resource request objects", AWS CloudFormation User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from surefoot.kit.errors import UserError

from . import targets
from .targets import Targets

KINDS = ("Create", "Update", "Delete")
LONGEST_S = 3600
_KNOWN = {*targets.PROPERTIES, "ServiceToken", "ServiceTimeout"}


class Request(NamedTuple):
    """`limit_s` is how long CloudFormation waits; `sent_at` since the epoch, None if unknown.

    `new_functions` are those that an earlier request did not name. `problem` says what is wrong in
    the properties of a Delete, which then has no targets. `removes` is whether an Update has less
    than what was named before it.
    """

    kind: str
    stack: str
    targets: Targets
    limit_s: int
    sent_at: float | None
    new_functions: tuple[str, ...] = ()
    problem: str = ""
    removes: bool = False


def parse(event: Mapping[str, Any]) -> Request:
    """Read a request.

    A Delete is never refused for its properties: they may have been accepted by an older version
    of this function, and the stack must be deletable.

    :raises UserError: a member is missing, unknown or malformed
    """
    kind = event.get("RequestType")
    if kind not in KINDS:
        raise UserError(
            f"RequestType is {kind!r}",
            f"CloudFormation sends one of {', '.join(KINDS)}: pass its event on unchanged",
        )
    for key in ("StackId", "RequestId", "LogicalResourceId"):
        if not isinstance(event.get(key), str) or not event[key]:
            raise UserError(f"{key} is missing", "pass CloudFormation's event on unchanged")
    sent_at = _sent_at(str(event.get("ResponseURL", "")))
    try:
        found, limit_s = _parse_properties(event.get("ResourceProperties"), kind)
    except UserError as error:
        if kind != "Delete":
            raise
        nothing = Targets((), (), (), "")
        return Request(kind, event["StackId"], nothing, LONGEST_S, sent_at, (), str(error))
    if kind == "Delete":
        return Request(kind, event["StackId"], found, limit_s, sent_at)
    old = event.get("OldResourceProperties") or {}
    before = old.get(targets.PROPERTIES.functions) or () if isinstance(old, dict) else ()
    new = tuple(function for function in found.functions if function not in before)
    removes = kind == "Update" and _removes(old, found)
    return Request(kind, event["StackId"], found, limit_s, sent_at, new, removes=removes)


def _removes(old: Any, found: Targets) -> bool:
    """Whether something that the old properties name is not named any more."""
    if not isinstance(old, dict):
        return False
    now = dict(zip(targets.PROPERTIES, found, strict=True))
    for name, values in now.items():
        before = old.get(name) or ()
        named = {before} if isinstance(before, str) else {str(one) for one in before}
        if not named <= ({values} if isinstance(values, str) else set(values)):
            return True
    return False


def _parse_properties(properties: Any, kind: str) -> tuple[Targets, int]:
    if not isinstance(properties, dict):
        raise UserError("ResourceProperties is missing", "pass CloudFormation's event on unchanged")
    unknown = set(properties) - _KNOWN
    if unknown and kind != "Delete":
        raise UserError(
            f"no property is called {', '.join(sorted(unknown))}",
            f"there are {', '.join(sorted(_KNOWN))}",
        )
    found = targets.parse(properties, targets.PROPERTIES)
    return found, _limit(properties.get("ServiceTimeout"))


def _limit(given: Any) -> int:
    if given is None:
        return LONGEST_S
    # CloudFormation turns every number in properties into text.
    text = str(given)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_S):
        raise UserError(
            f"ServiceTimeout is {given!r}", f"write whole seconds from 1 to {LONGEST_S}"
        )
    return int(text)


def _sent_at(url: str) -> float | None:
    """Read the time of the request from the address's signature.

    The event has no other time in it, and an invocation that repeats a killed one must not begin
    to count from zero.
    """
    signed = parse_qs(urlsplit(url).query).get("X-Amz-Date", [""])[0]
    try:
        return datetime.strptime(signed, "%Y%m%dT%H%M%S%z").timestamp()
    except ValueError:
        return None
