"""What is remembered of a target, as text that every service takes as the values of tags.

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
_LONGEST = 256
_MOST = 10  # values; a resource has room for 50 tags, and they are not ours
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORDS = {"true": True, "false": False}
_STAR = "+"  # for the * of any other instance, which tags do not take


@dataclass(frozen=True)
class Remembered:
    """The wish that puts a target back, and when and before which step it was taken down."""

    state: State
    since: str
    step: str


def to_tags(kind: str, remembered: Remembered) -> Tags:
    """Return tags that say it. Raises ValueError: it is too long for tags."""
    words = [f"since={remembered.since}", f"step={remembered.step}", *_flat("", remembered.state)]
    values = [""]
    for word in words:
        if len(values[-1]) + len(word) > _LONGEST - len("99  "):
            values.append("")
        values[-1] = f"{values[-1]} {word}".strip()
    if len(values) > _MOST:
        raise ValueError(f"{len(values)} tags would be needed; {_MOST} are the most")
    # The number of values stands in the first, so that a part of them is no whole.
    return {
        f"{_PREFIX}{kind}:{n}": f"{len(values)} {v}" if n == 0 else v for n, v in enumerate(values)
    }


def keys(kind: str, tags: Tags) -> list[str]:
    """Return the keys among `tags` that say something remembered of this kind."""
    return sorted(key for key in tags if key.startswith(f"{_PREFIX}{kind}:"))


def from_tags(kind: str, tags: Tags) -> Remembered | None:
    """Read it back; None if nothing whole is there."""
    found = {int(key.rpartition(":")[2]): tags[key] for key in keys(kind, tags)}
    count, _, first = found.get(0, "0 ").partition(" ")
    if not count.isdigit() or set(found) < set(range(int(count))) or count == "0":
        return None
    state: dict[str, Any] = {}
    texts = [first, *(found[number] for number in range(1, int(count)))]
    for word in " ".join(texts).split():
        name, _, text = word.partition("=")
        outer, _, inner = name.partition(".")
        value = _value(text)
        if inner:
            state.setdefault(outer, {})["*" if inner == _STAR else inner] = value
        else:
            state[outer] = value
    return Remembered(state, str(state.pop("since", "")), str(state.pop("step", "")))


def _flat(prefix: str, state: Mapping[str, Any]) -> list[str]:
    words = []
    for name, value in state.items():
        label = _STAR if name == "*" else name
        if isinstance(value, Mapping):
            words += _flat(f"{label}.", value)
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            words.append(f"{prefix}{label}={text}")
    return words


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
