"""A note on the function itself: the pairs that it had before it was detached.

Without it, an invocation that dies right after the detachment would leave nobody who knows where to
look. Tags are the only thing that outlives it and goes together with the function.
Source: "TagResource", AWS Lambda API Reference: a tag's value has up to 256 characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .aws import Calls
from .pair import Pair, pairs

_SUBNETS = "eni-cleanup:subnets"
_GROUPS = "eni-cleanup:groups"
_IDS_IN_A_TAG = 10  # of 24 characters and a blank


def write(calls: Calls, arn: str, subnets: Sequence[str], groups: Sequence[str]) -> None:
    """Note the subnets and groups on the function `arn`."""
    client = calls.client("lambda")
    tags = {**_tags(_SUBNETS, subnets), **_tags(_GROUPS, groups)}
    calls.make("lambda", "lambda", client.tag_resource, Resource=arn, Tags=tags)


def read(calls: Calls, arn: str) -> frozenset[Pair]:
    """Return the pairs that are noted on the function `arn`, none without a note."""
    client = calls.client("lambda")
    tags = calls.make("lambda", "lambda", client.list_tags, Resource=arn).get("Tags", {})
    return pairs(_ids(tags, _SUBNETS), _ids(tags, _GROUPS))


def _tags(name: str, ids: Sequence[str]) -> dict[str, str]:
    parts = [ids[at : at + _IDS_IN_A_TAG] for at in range(0, len(ids), _IDS_IN_A_TAG)]
    return {f"{name}:{number}": " ".join(part) for number, part in enumerate(parts, start=1)}


def _ids(tags: Mapping[str, str], name: str) -> list[str]:
    return [
        each for key, value in tags.items() if key.startswith(f"{name}:") for each in value.split()
    ]
