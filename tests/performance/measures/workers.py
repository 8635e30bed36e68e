"""Eight workers of a boto3 function: what they weigh together."""

from __future__ import annotations

from functools import partial

from tests.performance.bench import Bench, Results
from tests.performance.contenders import AWSLAMBDARIC, SUREFOOT
from tests.performance.goals import compare
from tests.performance.paired import interleave, values

SAMPLES = "workers"
PSS = "proportional MB"
WORKERS = 8
_EACH = 4
_GOAL = 0.40
_TITLE = f"{WORKERS} workers with boto3, proportional memory, against {AWSLAMBDARIC}"


def measure(bench: Bench, results: Results) -> None:
    """Proportional memory of all processes when every worker has polled again after some work."""
    takes = {name: partial(_weigh, bench, name) for name in (SUREFOOT, AWSLAMBDARIC)}
    samples = interleave(f"{WORKERS} workers", bench.rounds(5), takes)
    results.samples[SAMPLES] = samples
    ours, theirs = values(samples, SUREFOOT, PSS), values(samples, AWSLAMBDARIC, PSS)
    results.lines.append(compare(_TITLE, _GOAL, "MB", ours, theirs))


def _weigh(bench: Bench, name: str) -> dict[str, float]:
    bench.api.play("{}", WORKERS * _EACH, parked=WORKERS)
    command = [*bench.contenders[name].command(bench.lab, "")[:-1], "aws.handler"]
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": str(WORKERS), "SUREFOOT_PRELOAD": "1"}
    with bench.run(command, variables) as process:
        bench.api.parked()
        return {PSS: process.proportional_kb() / 1024}
