"""What an invocation costs once everything is warm, by the size of its event."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tests.performance.bench import Bench, Results
from tests.performance.contenders import (
    AWSLAMBDARIC,
    BASH,
    C_CLIENT,
    SECOND,
    SUREFOOT,
    WITH_ORJSON,
    Contender,
)
from tests.performance.events import SIZES, event
from tests.performance.goals import absent, compare
from tests.performance.paired import Samples, interleave, values

SAMPLES = "warm, "
APART = "warm, server on another processor, "
CPU = "CPU µs"
WALL = "wall µs"
# Invocations in a sample, for contenders of full pace.
_COUNTS = {"1 kB": 2000, "10 kB": 1000, "100 kB": 200, "1 MB": 24, "5 MB": 6}
_GOALS = (
    ("CPU of a warm 1 kB invocation", SAMPLES + "1 kB", AWSLAMBDARIC, CPU, 0.40),
    ("CPU of a warm 1 kB invocation", SAMPLES + "1 kB", C_CLIENT, CPU, 1.75),
    ("the same across processors", APART + "1 kB", AWSLAMBDARIC, CPU, 0.40),
    ("the same across processors", APART + "1 kB", C_CLIENT, CPU, 1.75),
    ("CPU of a 1 MB event of records, echoed", SAMPLES + "1 MB", AWSLAMBDARIC, CPU, 0.50),
    ("the same with orjson in the image", SAMPLES + "1 MB", AWSLAMBDARIC, CPU, 0.50),
    ("warm overhead, CPU", SAMPLES + "1 kB", BASH, CPU, 0.02),
    ("warm overhead, wall", SAMPLES + "1 kB", BASH, WALL, 0.02),
)


def measure(bench: Bench, results: Results) -> None:
    """Processor and wall time per invocation that echoes its event."""
    for size in SIZES:
        results.samples[SAMPLES + size] = _by_contender(bench, size, list(bench.contenders))
    with bench.server_apart() as apart:
        if apart:
            few = [name for name in (SUREFOOT, AWSLAMBDARIC, C_CLIENT) if name in bench.contenders]
            results.samples[APART + "1 kB"] = _by_contender(bench, "1 kB", few)
    for measured, key, other, what, goal in _GOALS:
        title = f"{measured}, against {other}"
        samples = results.samples.get(key, {})
        if other in samples:
            us = WITH_ORJSON if "orjson" in measured else SUREFOOT
            ours, theirs = values(samples, us, what), values(samples, other, what)
            results.lines.append(compare(title, goal, "µs", ours, theirs))
        else:
            results.lines.append(absent(title, goal, "not here: needs gcc, curl or processors"))


def _by_contender(bench: Bench, size: str, names: Sequence[str]) -> Samples:
    count = _COUNTS[size] // (4 if bench.quick else 1)
    text = event(SIZES[size])
    takes = {name: partial(_echoes, bench, bench.contenders[name], text, count) for name in names}
    if SIZES[size] >= SIZES["1 MB"]:
        takes[WITH_ORJSON] = partial(_echoes, bench, SECOND, text, count)
    return interleave(f"warm, {size}", bench.rounds(15), takes)


def _echoes(bench: Bench, contender: Contender, text: str, count: int) -> dict[str, float]:
    """Only what lies between two marks counts: neither the start nor the warming-up."""
    count = max(2, count * contender.pace // 100)
    begin = max(1, count // 8)
    bench.api.play(text, begin + count, marks=[begin, begin + count])
    with bench.spawn(contender, "echo_event") as process:
        first = bench.api.mark()
        before = process.cpu_ns()
        bench.api.release()
        last = bench.api.mark()
        cpu = process.cpu_ns() - before
        bench.api.release()
    # The time it was held at the first mark is in the wall time once: nothing to thousands.
    return {CPU: cpu / count / 1e3, WALL: (last["ns"] - first["ns"]) / count / 1e3}
