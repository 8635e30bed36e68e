"""From spawn to the first answer, against a bare interpreter's whole life."""

from __future__ import annotations

from functools import partial

from tests.performance.bench import Bench, Results
from tests.performance.contenders import AWSLAMBDARIC, BARE, SUREFOOT, Contender
from tests.performance.goals import compare
from tests.performance.paired import interleave, values

SAMPLES = "start"
_GOALS = {AWSLAMBDARIC: 0.40, BARE: 1.00}


def measure(bench: Bench, results: Results) -> None:
    """Wall and processor time of a start with the trivial handler."""
    takes = {
        name: partial(_first_answer, bench, contender)
        for name, contender in bench.contenders.items()
    }
    takes[BARE] = partial(_bare, bench)
    samples = interleave("start", bench.rounds(30), takes)
    results.samples[SAMPLES] = samples
    for other, goal in _GOALS.items():
        for what in ("wall ms", "CPU ms"):
            title = f"spawn → first answer, {what.split()[0]}, against {other}"
            ours, theirs = values(samples, SUREFOOT, what), values(samples, other, what)
            results.lines.append(compare(title, goal, "ms", ours, theirs))


def _first_answer(bench: Bench, contender: Contender) -> dict[str, float]:
    bench.api.play("{}", 1, marks=[1])
    function = "echo_event" if contender.pace < 5 else "trivial"
    with bench.spawn(contender, function) as process:
        mark = bench.api.mark()
        sample = {"wall ms": (mark["ns"] - process.born) / 1e6, "CPU ms": process.cpu_ns() / 1e6}
        bench.api.release()
    return sample


def _bare(bench: Bench) -> dict[str, float]:
    with bench.run([str(bench.lab.python), "-c", "pass"]) as process:
        ended, cpu = process.finish()
    return {"wall ms": (ended - process.born) / 1e6, "CPU ms": cpu / 1e6}
