"""The table "What a function sees" of runtime/CONTRACT.md, compared with what a function saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rie.paths import ROOT

_TITLE = "### What a function sees"
_ABSENT = "(none)"


@dataclass(frozen=True)
class Row:
    """One fact: its value on Lambda, and for each kind of local run "same" or a reason."""

    fact: str
    value: str
    local: Mapping[str, str]


def rows() -> list[Row]:
    """The rows of the table."""
    text = (ROOT / "runtime" / "CONTRACT.md").read_text(encoding="utf-8").partition(_TITLE)[2]
    lines = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [Row(cells[0], cells[1], dict(zip(head[2:], cells[2:], strict=True))) for cells in body]


def disagreements(found: Mapping[str, str], run: str, image: Mapping[str, str]) -> Iterator[str]:
    """What the table says and the function did not see, and the other way round.

    `run` is a column of the table; `image` has the variables that the image sets.
    """
    known = set()
    for row in rows():
        known.add(row.fact)
        seen = found.get(row.fact, _ABSENT)
        alike = _is_alike(row, seen, image)
        if alike is not (row.local[run] == "same"):
            yield f"{row.fact}: {row.value} on Lambda, {seen} here, and the table: {row.local[run]}"
    for fact, seen in found.items():
        if fact.startswith("variable ") and fact not in known:
            yield f"{fact}: {seen} here, and not in the table"


def _is_alike(row: Row, seen: str, image: Mapping[str, str]) -> bool:
    if row.value == "set":
        return seen not in ("", _ABSENT)
    if row.value == "absent":
        return seen == _ABSENT
    if row.value == "the image's":
        return seen == image.get(row.fact.removeprefix("variable "), _ABSENT)
    return seen == row.value
