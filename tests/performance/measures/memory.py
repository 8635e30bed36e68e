"""Memory: at rest after many small invocations, and at the peak of large ones."""

from __future__ import annotations

from functools import partial

from tests.performance.bench import Bench, Results
from tests.performance.contenders import AWSLAMBDARIC, SUREFOOT, Contender
from tests.performance.events import SIZES, event
from tests.performance.goals import compare
from tests.performance.paired import interleave, values

SAMPLES = "memory"
RESIDENT = "resident MB"
PEAK = "peak MB at 5 MB"
_SMALL = 500
_LARGE = 4


def measure(bench: Bench, results: Results) -> None:
    """Resident memory after 500 invocations of the trivial handler; the peak at 5 MB."""
    # bash hands its work to processes that are gone when it is looked at.
    takes = {
        name: partial(_both, bench, contender, event(SIZES["5 MB"]))
        for name, contender in bench.contenders.items()
        if contender.pace >= 5
    }
    samples = interleave("memory", bench.rounds(7), takes)
    results.samples[SAMPLES] = samples
    for title, what, goal in (
        ("resident memory after 500 invocations", RESIDENT, 0.72),
        ("peak memory with a 5 MB event, echoed", PEAK, 0.70),
    ):
        ours, theirs = values(samples, SUREFOOT, what), values(samples, AWSLAMBDARIC, what)
        results.lines.append(compare(f"{title}, against {AWSLAMBDARIC}", goal, "MB", ours, theirs))


def _both(bench: Bench, contender: Contender, large: str) -> dict[str, float]:
    bench.api.play("{}", _SMALL, marks=[_SMALL])
    with bench.spawn(contender, "trivial") as process:
        bench.api.mark()
        sample = {
            RESIDENT: process.resident_kb() / 1024,
            "proportional MB": process.proportional_kb() / 1024,
        }
        bench.api.release()
    bench.api.play(large, _LARGE, marks=[_LARGE])
    with bench.spawn(contender, "echo_event") as process:
        bench.api.mark()
        sample[PEAK] = process.peak_kb() / 1024
        bench.api.release()
    return sample
