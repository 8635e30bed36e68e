"""Texts that differ from run to run of one client, and so are no difference between clients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

VARIES = "<varies>"
_NUMBER = re.compile(r"\b[0-9a-f-]*\d[0-9a-f.-]*\b", re.IGNORECASE)


def settle(theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, str, bool]:
    """One text for each client, out of those of its runs, and whether some part varies by itself.

    The parts that vary under either client are masked under both: values of a JSON document one by
    one; in other texts every number, when any part varies.
    """
    if len(set(theirs)) == len(set(ours)) == 1:
        return theirs[0], ours[0], False
    masked = _mask_json(theirs, ours) or _mask_numbers(theirs, ours)
    return (*masked, True)


def _mask_numbers(theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, str]:
    sides = [[_NUMBER.sub("<n>", text) for text in texts] for texts in (theirs, ours)]
    # What still varies, such as the order of threads, cannot be recognized from outside: when one
    # text was seen under both clients, neither differs.
    common = [text for text in sides[0] if text in sides[1]]
    return (common[0], common[0]) if common else (sides[0][0], sides[1][0])


def _mask_json(theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, str] | None:
    try:
        sides = [[dict(_leaves(json.loads(text))) for text in texts] for texts in (theirs, ours)]
    except ValueError:
        return None
    varying = {path for side in sides for path in _varying(side)}
    shown = []
    for side in sides:
        masked = {path: VARIES if path in varying else leaf for path, leaf in side[0].items()}
        shown.append("\n".join(f"{path} = {leaf}" for path, leaf in sorted(masked.items())))
    return shown[0], shown[1]


def _varying(runs: Sequence[dict[str, str]]) -> set[str]:
    """Paths whose value is not the same in all runs of one client."""
    paths = {path for run in runs for path in run}
    return {path for path in paths if len({run.get(path) for run in runs}) > 1}


def _leaves(value: Any, path: str = "$") -> Iterator[tuple[str, str]]:
    """Every value that holds no other, as JSON, by its path; empty containers are values, too."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)
