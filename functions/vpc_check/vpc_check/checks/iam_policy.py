"""What IAM policies say of an action on every resource, as far as their text says.

Not looked at: service control policies, resource policies, the resources of statements, and
conditions of Allow statements.
Source: "Policy evaluation logic", IAM User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

_OF_CODE = "lambda:sourcefunctionarn"  # set on calls of a function's code, not on Lambda's own


def judge(documents: Sequence[Any], boundary: Any, action: str) -> str:
    """Return allowed, not allowed, denied, maybe denied or denied to its code.

    :param documents: policy documents as objects
    :param boundary: the document of the permissions boundary, or None
    """
    every = [*documents, *([boundary] if boundary else [])]
    denials = [row for document in every for row in _about(document, "Deny", action)]
    keys = [_keys(row) for row in denials]
    if any(not each for each in keys):
        return "denied"
    if any(_OF_CODE not in each for each in keys):
        return "maybe denied"
    allowed = any(True for document in documents for _ in _about(document, "Allow", action))
    if boundary and not any(True for _ in _about(boundary, "Allow", action)):
        allowed = False
    if not allowed:
        return "not allowed"
    return "denied to its code" if keys else "allowed"


def _about(document: Any, effect: str, action: str) -> Iterator[Any]:
    """The statements of an effect that concern an action."""
    for row in _list(document.get("Statement", [])):
        if row.get("Effect") != effect:
            continue
        if "NotAction" in row:
            concerned = not _named(row["NotAction"], action)
        else:
            concerned = _named(row.get("Action", []), action)
        if concerned:
            yield row


def _named(patterns: Any, action: str) -> bool:
    return any(fnmatchcase(action.lower(), str(each).lower()) for each in _list(patterns))


def _keys(row: Any) -> set[str]:
    """The condition keys of a statement, in lower case."""
    return {key.lower() for test in (row.get("Condition") or {}).values() for key in test}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
