"""The README's plots, drawn from the JSON document; the same results give the same files."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.performance.contenders import (
    AWSLAMBDARIC,
    BARE,
    C_CLIENT,
    HTTP_CLIENT,
    REQUESTS,
    SUREFOOT,
    WITH_ORJSON,
)
from tests.performance.events import SIZES
from tests.performance.measures import memory, start, warm

# Colours that differ for colour-blind readers, too (after Okabe and Ito).
_COLOURS = {
    SUREFOOT: "#d55e00",
    WITH_ORJSON: "#f0a37a",
    AWSLAMBDARIC: "#0072b2",
    HTTP_CLIENT: "#009e73",
    REQUESTS: "#cc79a7",
    C_CLIENT: "#666666",
    BARE: "#666666",
}
_OTHERS = "#e69f00"
_SETTINGS = {
    "svg.hashsalt": "surefoot",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
}
Summaries = Mapping[str, Mapping[str, Mapping[str, float]]]


def draw(document: Mapping[str, Any], folder: Path) -> None:
    """Write start.svg, warm.svg and memory.svg from whatever samples the document has."""
    samples: Mapping[str, Summaries] = document["samples"]
    folder.mkdir(parents=True, exist_ok=True)
    # By name: the checkers run where this is not installed.
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    with matplotlib.rc_context(_SETTINGS):
        note = document["interpreter"]
        if start.SAMPLES in samples:
            panels = [("wall ms", "wall time, ms"), ("CPU ms", "processor time, ms")]
            title = "From spawn to the first answer"
            _save(_bars(pyplot, samples[start.SAMPLES], panels, title, note), folder / "start.svg")
        if memory.SAMPLES in samples:
            panels = [
                (memory.RESIDENT, "resident after 500 invocations, MB"),
                (memory.PEAK, "peak with a 5 MB event, MB"),
            ]
            figure = _bars(pyplot, samples[memory.SAMPLES], panels, "Memory", note)
            _save(figure, folder / "memory.svg")
        if warm.SAMPLES + "1 kB" in samples:
            _save(_curves(pyplot, samples, note), folder / "warm.svg")


def _bars(
    pyplot: Any, taken: Summaries, panels: Sequence[tuple[str, str]], title: str, note: str
) -> Any:
    names = sorted(taken, key=lambda name: taken[name][panels[0][0]]["median"], reverse=True)
    height = 1.3 + 0.36 * len(names)
    figure, axes = pyplot.subplots(1, len(panels), sharey=True, figsize=(9, height))
    for axis, (what, label) in zip(axes, panels, strict=True):
        found = [taken[name][what] for name in names]
        medians = [each["median"] for each in found]
        reach = [
            [each["median"] - each["low"] for each in found],
            [each["high"] - each["median"] for each in found],
        ]
        colours = [_COLOURS.get(name, _OTHERS) for name in names]
        axis.barh(names, medians, xerr=reach, color=colours, ecolor="#333333", capsize=2)
        widest = max(each["high"] for each in found)
        for place, each in enumerate(found):
            text = f"{each['median']:.{1 if each['median'] < 100 else 0}f}"
            end = (each["high"], place)
            axis.annotate(text, end, (5, 0), textcoords="offset points", va="center")
        axis.set_xlim(0, widest * 1.15)
        axis.set_xlabel(label)
        axis.grid(axis="x", color="#dddddd")
    _finish(figure, title, note)
    return figure


def _curves(pyplot: Any, samples: Mapping[str, Summaries], note: str) -> Any:
    sizes = [size for size in SIZES if warm.SAMPLES + size in samples]
    figure, axis = pyplot.subplots(figsize=(9, 4.6))
    for name in samples[warm.SAMPLES + sizes[-1]]:
        known = [size for size in sizes if name in samples[warm.SAMPLES + size]]
        taken = [samples[warm.SAMPLES + size][name][warm.CPU] for size in known]
        across = [SIZES[size] for size in known]
        colour = _COLOURS.get(name, _OTHERS)
        wide = 2.5 if name == SUREFOOT else 1.5
        medians = [each["median"] / 1e3 for each in taken]
        axis.plot(across, medians, marker="o", color=colour, linewidth=wide, label=name)
        low, high = ([each[end] / 1e3 for each in taken] for end in ("low", "high"))
        axis.fill_between(across, low, high, color=colour, alpha=0.15, linewidth=0)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks([SIZES[size] for size in sizes], sizes)
    axis.minorticks_off()
    axis.set_xlabel("event, JSON of records, echoed")
    axis.set_ylabel("processor time per invocation, ms")
    axis.grid(color="#dddddd")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    _finish(figure, "A warm invocation", note)
    return figure


def _finish(figure: Any, title: str, note: str) -> None:
    figure.suptitle(title, x=0.01, ha="left", weight="bold")
    figure.text(0.99, 0.01, f"{note}; medians and quartiles", ha="right", size=7, color="#555555")
    figure.tight_layout()


def _save(figure: Any, path: Path) -> None:
    # No date, so that a file changes only when its numbers do.
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    # matplotlib ends some lines in blanks.
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")
