"""Results for people, as a table, and for programs, as JSON."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.performance.bench import Results
from tests.performance.goals import Line
from tests.performance.paired import Spread, spread

VERSION = 1
_HEAD = ("measure", "surefoot", "other", "ratio (quartiles)", "goal", "verdict")


def table(lines: Sequence[Line]) -> str:
    """The lines in columns; medians, and the ratio's quartiles."""
    rows = [_HEAD, *(_row(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    texts = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        texts.append("  ".join(cells).rstrip())
    return "\n".join(texts)


def _row(line: Line) -> tuple[str, ...]:
    goal = f"≤ {line.goal:.2f}"
    if line.ours is None or line.theirs is None or line.ratio is None:
        return (line.measure, "", "", "", goal, line.verdict)
    ours, theirs = (f"{_number(each.median)} {line.unit}" for each in (line.ours, line.theirs))
    ratio = f"{_number(line.ratio.median)} ({_number(line.ratio.low)} … {_number(line.ratio.high)})"
    return (line.measure, ours, theirs, ratio, goal, line.verdict)


def _number(value: float) -> str:
    """Three digits that say something."""
    for bound, digits in ((0.095, 4), (0.95, 3), (9.5, 2), (95, 1)):
        if value < bound:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def document(results: Results, interpreter: str, *, quick: bool) -> dict[str, Any]:
    """Everything measured, as JSON will have it."""
    return {
        "version": VERSION,
        "interpreter": interpreter,
        "machine": {"processors": os.cpu_count(), "kernel": platform.release()},
        "quick": quick,
        "goals": [{**asdict(line), "verdict": line.verdict} for line in results.lines],
        "samples": {
            title: {
                name: {what: _summary([each[what] for each in taken]) for what in taken[0]}
                for name, taken in samples.items()
            }
            for title, samples in results.samples.items()
        },
    }


def _summary(numbers: Sequence[float]) -> dict[str, float]:
    found: Spread = spread(numbers)
    rounded = {name: round(value, 4) for name, value in asdict(found).items()}
    return {**rounded, "samples": len(numbers)}


def write(path: Path, content: dict[str, Any]) -> None:
    """Write the JSON document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def readme_rows(content: dict[str, Any]) -> list[str]:
    """The README's table out of the JSON document: medians, ratios, goals, verdicts.

    Functions on several interpreters have a table of their own: function_rows().
    """
    rows = ["| measure | surefoot | other | ratio | goal | |", "|---|---|---|---|---|---|"]
    for line in content["goals"]:
        if _OF_FUNCTION.fullmatch(line["measure"]):
            continue
        if line["ratio"] is None:
            rows.append(f"| {line['measure']} | | | | ≤ {line['goal']:.2f} | {line['verdict']} |")
            continue
        ours, theirs = (f"{_number(line[each]['median'])} {line['unit']}" for each in _SIDES)
        ratio = _number(line["ratio"]["median"])
        goal = f"{line['goal']:.2f}"
        rows.append(
            f"| {line['measure']} | {ours} | {theirs} | {ratio} | ≤ {goal} | {line['verdict']} |"
        )
    return rows


def function_rows(content: dict[str, Any]) -> list[str]:
    """The README's table of functions: ratios of processor time, a column for each interpreter."""
    cells: dict[str, dict[str, dict[str, Any]]] = {}
    for line in content["goals"]:
        found = _OF_FUNCTION.fullmatch(line["measure"])
        if found and found["what"] != "wall":
            column = f"{found['version']}{found['lazy'] or ''}"
            cells.setdefault(found["title"], {})[column] = line
    columns = list(dict.fromkeys(column for row in cells.values() for column in row))
    plain = [column for column in columns if "lazy" not in column]
    groups = [plain, [column for column in columns if "lazy" in column]]
    head = ["function", *(cell for group in groups for cell in [*group, "goal", ""])]
    rows = [_join(head), "|---" * len(head) + "|"]
    for title, row in cells.items():
        parts = [_group([row.get(column) for column in group]) for group in groups]
        rows.append(_join([title, *parts[0], *parts[1]]))
    return rows


def _join(cells: Sequence[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _group(lines: Sequence[dict[str, Any] | None]) -> list[str]:
    """The cells of one goal: each ratio, the goal, and whether the worst of them meets it."""
    there = [line for line in lines if line is not None]
    if not there:
        return [""] * (len(lines) + 2)
    goal = there[0]["goal"]
    ratios = [line["ratio"]["median"] for line in there if line["ratio"] is not None]
    verdict = "not measured"
    if ratios:
        verdict = "met" if max(ratios) <= goal else f"MISSED by {max(ratios) / goal - 1:.0%}"
    return [*(_ratio(line) for line in lines), f"≤ {goal:.2f}", verdict]


def _ratio(line: dict[str, Any] | None) -> str:
    if line is None:
        return ""
    if line["ratio"] is None:
        return str(line["verdict"]).removeprefix("not here: ")
    return f"{line['ratio']['median']:.3f}"


_OF_FUNCTION = re.compile(
    r"(?P<title>.+), CPython (?P<version>3\.\d+)(?P<lazy>, lazy imports)?(, (?P<what>CPU|wall))?"
)
_SIDES = ("ours", "theirs")
