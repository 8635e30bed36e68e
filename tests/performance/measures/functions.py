"""Functions that do something, from spawn to the first answer: sealed, against awslambdaric.

awslambdaric gets what pip leaves: packages with bytecode that is compared with its sources.
surefoot gets what ``surefoot seal`` makes of the same packages.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rie.errors import UserError
from tests.performance.bench import Bench, Results
from tests.performance.contenders import AWSLAMBDARIC, SUREFOOT
from tests.performance.functions import stage as stages
from tests.performance.functions.stage import Stage
from tests.performance.goals import Line, absent, compare
from tests.performance.paired import Samples, interleave, values
from tests.performance.running import Running

LAZY = f"{SUREFOOT}, lazy imports"
_OWN = {f"own_{name}": f"our {name} until its first AWS call" for name in stages.OWN}
# The titles of the functions, with their goals.
TITLES = {
    "nothing": "a function that does nothing",
    "three_clients": "boto3, three clients",
    "client_s3": "boto3, one client: s3",
    "client_dynamodb": "boto3, one client: dynamodb",
    "client_ec2": "boto3, one client: ec2",
    "pandas_csv": "pandas, a small CSV",
    "requests_json": "requests, a JSON body",
    "powertools_rest": "Powertools, a REST resolver",
    "fastapi_mangum": "FastAPI through mangum",
    **_OWN,
}
_PACKAGES = 0.85
GOALS = {
    "nothing": 0.42,
    "three_clients": 0.72,
    "client_s3": 0.70,
    "client_dynamodb": 0.70,
    "client_ec2": 0.60,
    "pandas_csv": _PACKAGES,
    "requests_json": _PACKAGES,
    "powertools_rest": _PACKAGES,
    "fastapi_mangum": _PACKAGES,
    **dict.fromkeys(_OWN, 0.65),
}
_LAZY_PACKAGES = 0.60
LAZY_GOALS = {
    "three_clients": 0.45,
    "pandas_csv": _LAZY_PACKAGES,
    "requests_json": _LAZY_PACKAGES,
    "powertools_rest": _LAZY_PACKAGES,
    "fastapi_mangum": _LAZY_PACKAGES,
}
VERSIONS = ("3.13", "3.14", "3.15")
_LAZY_SINCE = "3.15"


def measure(bench: Bench, results: Results) -> None:
    """Measure each function on each interpreter that can be had."""
    found = {stage.version: stage for stage in stages.prepare(bench.lab, VERSIONS)}
    for version in VERSIONS:
        for name in TITLES:
            _measure(bench, results, version, found.get(version), name)


def _measure(bench: Bench, results: Results, version: str, stage: Stage | None, name: str) -> None:
    title = f"{TITLES[name]}, CPython {version}"
    lines = [(title, SUREFOOT, GOALS[name])]
    if version >= _LAZY_SINCE and name in LAZY_GOALS:
        lines.append((f"{title}, lazy imports", LAZY, LAZY_GOALS[name]))
    if stage is None or not stage.has(name):
        why = "no interpreter" if stage is None else "a package has no wheel"
        for text, _, goal in lines:
            results.lines.append(absent(text, goal, f"not here: {why}"))
        return
    takes = {
        who: partial(first_answer, bench, stage, name, who)
        for who in (AWSLAMBDARIC, *(each for _, each, _ in lines))
    }
    samples = interleave(title, bench.rounds(15), takes)
    results.samples[title] = samples
    for text, who, goal in lines:
        results.lines.extend(_compare(text, who, goal, samples))


def _compare(title: str, who: str, goal: float, samples: Samples) -> list[Line]:
    return [
        compare(
            f"{title}, {what.partition(' ')[0]}",
            goal,
            "ms",
            values(samples, who, what),
            values(samples, AWSLAMBDARIC, what),
        )
        for what in ("CPU ms", "wall ms")
    ]


def first_answer(bench: Bench, stage: Stage, name: str, who: str) -> dict[str, float]:
    """Return times from spawn to the first answer, and the memory then."""
    theirs = who == AWSLAMBDARIC
    task = stage.packed if theirs else stage.sealed
    command = [f"{stage.top}/bootstrap/bootstrap", f"{name}.handler"]
    if theirs:
        command = [stage.python, "-m", AWSLAMBDARIC, f"{name}.handler"]
    stage.record(None if theirs else f"lazy-{name}" if who == LAZY else name)
    variables = stage.variables(task, bench.api.address)
    if theirs and name in _OWN:
        # Our functions use surefoot.kit, with awslambdaric, too.
        variables["PYTHONPATH"] = stage.runtime
    if who == LAZY:
        variables["SUREFOOT_LAZY_IMPORTS"] = "1"
    bench.api.play("{}", 1, marks=[1])
    with Running(command, variables, Path(task), stage.root) as process:
        mark = bench.api.mark()
        if "errorType" in str(mark["body"]):
            raise UserError(f"{name} failed on {who}: {mark['body']}", "read its log above")
        sample = {
            "wall ms": (mark["ns"] - process.born) / 1e6,
            "CPU ms": process.cpu_ns() / 1e6,
            "resident MB": process.resident_kb() / 1024,
        }
        bench.api.release()
    return sample
