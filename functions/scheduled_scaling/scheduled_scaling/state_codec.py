"""A saved state as text that every AWS service accepts in tag values.

Words like ``desired=2 tiers.orders-1=0``, cut into values of at most 256 characters. RDS allows
letters, digits, spaces and ``_.:/=+-@`` only (Tag, Amazon RDS API reference).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduled_scaling.model import State, Tags

_PREFIX = "surefoot:scaling:"
_MAX_VALUE_CHARS = 256
_MAX_TAGS = 10  # a resource has room for 50 tags, and most belong to others
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_BOOLEANS = {"true": True, "false": False}
_TAG_KEY = re.compile(rf"{_PREFIX}(?P<kind>[a-z-]+):(?P<number>[0-9])")
_ANY_OTHER = "+"  # for *, which tags do not allow


@dataclass(frozen=True)
class SavedState:
    """The desired state that restores a target, and when and before which step it was saved."""

    state: State
    since: str
    step: str


def encode_tags(kind: str, saved: SavedState) -> Tags:
    """Return the tags of a saved state. Raises ValueError if it is too long for tags."""
    words = [f"since={saved.since}", f"step={saved.step}", *_flatten("", saved.state)]
    values = [""]
    for word in words:
        if len(values[-1]) + len(word) > _MAX_VALUE_CHARS - len("99  "):
            values.append("")
        values[-1] = f"{values[-1]} {word}".strip()
    if len(values) > _MAX_TAGS:
        raise ValueError(f"{len(values)} tags would be needed; {_MAX_TAGS} are the most")
    # The first value holds their number, so that a missing one is noticed.
    return {
        f"{_PREFIX}{kind}:{n}": f"{len(values)} {v}" if n == 0 else v for n, v in enumerate(values)
    }


def list_keys(kind: str, tags: Tags) -> list[str]:
    """Return the keys among `tags` that belong to a saved state of this kind.

    Others that begin alike were made by people.
    """
    return sorted(
        key for key in tags if (found := _TAG_KEY.fullmatch(key)) and found["kind"] == kind
    )


def decode_tags(kind: str, tags: Tags) -> SavedState | None:
    """Return the state that `tags` hold; None if there is none, or only a part of one."""
    found = {int(key.rpartition(":")[2]): tags[key] for key in list_keys(kind, tags)}
    count, _, first = found.get(0, "0 ").partition(" ")
    if not re.fullmatch("[0-9]{1,2}", count) or set(found) < set(range(int(count))) or count == "0":
        return None
    state: dict[str, Any] = {}
    texts = [first, *(found[number] for number in range(1, int(count)))]
    for word in " ".join(texts).split():
        name, _, text = word.partition("=")
        outer, _, inner = name.partition(".")
        value = _parse_value(text)
        if inner:
            state.setdefault(outer, {})["*" if inner == _ANY_OTHER else inner] = value
        else:
            state[outer] = value
    return SavedState(state, str(state.pop("since", "")), str(state.pop("step", "")))


def _flatten(prefix: str, state: Mapping[str, Any]) -> list[str]:
    words = []
    for name, value in state.items():
        label = _ANY_OTHER if name == "*" else name
        if isinstance(value, Mapping):
            words += _flatten(f"{label}.", value)
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            words.append(f"{prefix}{label}={text}")
    return words


def _parse_value(text: str) -> Any:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
