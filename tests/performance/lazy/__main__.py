"""``python -m tests.performance.lazy``: starts from an image that is loaded on demand."""

from __future__ import annotations

import argparse
import sys

from rie.console import print_progress
from rie.errors import UserError
from rie.paths import ROOT
from tests.performance import lab, report
from tests.performance.api import Api
from tests.performance.lazy import measure


def main(arguments: list[str] | None = None) -> int:
    """Measure every case; 0 however the goals fare, 1 when nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.lazy", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="pairs per case (default: 9)")
    options = parser.parse_args(arguments)
    build = ROOT / "build" / "lazy"
    try:
        place = lab.prepare(build)
        with Api() as api:
            stage = measure.Stage(place, api, build)
            taken = [(case, stage.take(case, options.rounds)) for case in measure.CASES]
    except UserError as error:
        print_progress(f"bench: {error}")
        return 1
    print(f"{place.name}; medians of interleaved pairs; the record has {stage.lines} lines")
    print(report.table([measure.line(case, samples) for case, samples in taken]))
    print("\n".join(filter(None, (measure.counts(case, samples) for case, samples in taken))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
