"""``python -m tests.performance``: measure, and say which goals are met."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rie.console import print_progress
from rie.errors import UserError
from rie.paths import ROOT
from tests.performance import lab, report
from tests.performance.api import Api
from tests.performance.bench import Bench, Results
from tests.performance.lab import HERE
from tests.performance.measures import bytecode, functions, memory, start, warm, workers

MEASURES = {
    "start": start.measure,
    "functions": functions.measure,
    "warm": warm.measure,
    "memory": memory.measure,
    "bytecode": bytecode.measure,
    "workers": workers.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; 0 however the goals fare, 1 when something could not be measured."""
    options = _options(arguments)
    try:
        place = lab.prepare()
        results = Results()
        with Api() as api:
            bench = Bench(place, api, quick=options.quick)
            for name in options.only or MEASURES:
                MEASURES[name](bench, results)
        if options.engine:
            from tests.performance import engine

            engine.measure(place, results, quick=options.quick)
    except UserError as error:
        print_progress(f"bench: {error}")
        return 1
    content = report.document(results, place.name, quick=options.quick)
    # Only a full run replaces the figures that the README shows.
    folder = ROOT / "build" / "bench" if options.quick or options.only else HERE
    report.write(options.json or folder / "results.json", content)
    if not options.no_plots:
        from tests.performance import plots

        plots.draw(content, options.plots or folder / "plots")
    print(f"{place.name}; medians of interleaved runs" + (", a quick run" if options.quick else ""))
    print(report.table(results.lines))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples, so a rough picture")
    parser.add_argument("--only", nargs="+", choices=MEASURES, help="these measures")
    parser.add_argument("--engine", action="store_true", help="also in the image, CPU-limited")
    parser.add_argument(
        "--json", type=Path, help="where results go: tests/performance or build/bench"
    )
    parser.add_argument("--plots", type=Path, help="where plots go, likewise")
    parser.add_argument("--no-plots", action="store_true", help="draw nothing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
