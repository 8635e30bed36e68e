"""Results for people, as a table, and for programs, as JSON."""

from __future__ import annotations

import json
import os
import platform
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
    """The README's table out of the JSON document: medians, ratios, goals, verdicts."""
    rows = ["| measure | surefoot | other | ratio | goal | |", "|---|---|---|---|---|---|"]
    for line in content["goals"]:
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


_SIDES = ("ours", "theirs")
