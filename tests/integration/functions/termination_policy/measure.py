"""How long the function takes on an event of 30,000 instances, in the sandbox at 512 MB.

    python -m tests.integration.functions.termination_policy.measure

Times are wall-clock, around the HTTP call to AWS's emulator: transfer of the event, runtime,
handler, answer. A cold start includes the start of the runtime and the imports, as the emulator
starts it with the first invocation. AWS is moto in this process, across loopback.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import statistics
import sys
import time
from typing import NamedTuple

from rie.function import find
from rie.images.engine import connect
from rie.images.image import LOCAL, build, build_function
from rie.local.sandbox import Sandbox
from surefoot.kit.clients import Clients
from surefoot.kit.tables import format_table
from termination_policy import cached_result
from termination_policy.stores import find as find_store
from tests.image.conftest import Logs
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.events import GROUP, large
from tests.support.aws import moto_server, variables

INSTANCES, WANTED = 30_000, 1_000
IMAGE = "surefoot:termination-measure"


class Case(NamedTuple):
    """One policy, and what it must stay below, in seconds; 0 is no goal."""

    policy: str
    warm: float
    cold: float


CASES = (
    Case("any", 0.4, 1.5),
    Case("cached:dynamodb://results", 1.0, 0.0),
    Case("cached:s3://results", 1.0, 0.0),
    Case("cached:dynamodb://results, not_tagged:protect", 0.0, 0.0),
)


class Times(NamedTuple):
    """Seconds of every invocation."""

    cold: list[float]
    warm: list[float]


def measured(image: str, url: str, case: Case, starts: int, runs: int, memory: int) -> Times:
    """`starts` cold starts, and `runs` warm invocations after the last."""
    event = json.dumps(large(INSTANCES, WANTED), separators=(",", ":")).encode()
    cold, warm = [], []
    settings = {**variables(url), "POLICY": case.policy}
    for start in range(starts):
        with Sandbox(
            image,
            find("termination_policy"),
            host_network=True,
            memory_mb=memory,
            variables=settings,
            logs=Logs(),
        ) as sandbox:
            cold.append(_timed(sandbox, event, case))
            if start == starts - 1:
                warm = [_timed(sandbox, event, case) for _ in range(runs)]
    return Times(cold, warm)


def _timed(sandbox: Sandbox, event: bytes, case: Case) -> float:
    began = time.perf_counter()
    body = sandbox.invoke(event).body
    seconds = time.perf_counter() - began
    found = len(json.loads(body)["InstanceIDs"])
    if not found and "not_tagged" not in case.policy:
        sys.exit(f"{case.policy} answered nothing: {sandbox.output().decode()[-2000:]}")
    return seconds


def main() -> int:
    """Measure every case and print a table; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="warm invocations (default: 200)")
    parser.add_argument("--starts", type=int, default=10, help="cold starts (default: 10)")
    parser.add_argument("--memory", type=int, default=512, help="megabytes (default: 512)")
    parser.add_argument("--policy", default="", help="only policies that begin so")
    args = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    rows, missed = [], 0
    with contextlib.closing(connect()) as engine, moto_server() as url:
        os.environ.update(variables(url))
        _prepare()
        image = build_function(engine, find("termination_policy"), build(engine, LOCAL, tag=IMAGE))
        for case in (one for one in CASES if one.policy.startswith(args.policy)):
            runs = args.runs if case.warm else min(args.runs, 20)
            times = measured(image, url, case, args.starts, runs, args.memory)
            p99 = statistics.quantiles(times.warm, n=100)[98]
            met = (not case.warm or p99 < case.warm) and (
                not case.cold or max(times.cold) < case.cold
            )
            missed += not met
            rows.append([case.policy, *_shown(times, p99), _goals(case, met)])
    headings = ["policy", "warm median", "warm p99", "cold median", "cold slowest", "goals"]
    print(
        f"{INSTANCES:,} instances, {args.memory} MB, {args.runs} warm, {args.starts} cold; seconds"
    )
    print(format_table(headings, rows))
    return int(missed > 0)


def _prepare() -> None:
    """Fill both stores with a cached result on every instance, the last one to go first."""
    seed.table()
    seed.bucket()
    free = [one["InstanceId"] for one in reversed(large(INSTANCES, WANTED)["Instances"])]
    for address in ("dynamodb://results", "s3://results"):
        store, now = find_store(address), time.time()
        data = cached_result.encode(GROUP, free, now, cached_result.MAX_AGE_S)
        store.write(Clients()(store.service), GROUP, data, now + cached_result.MAX_AGE_S)


def _shown(times: Times, p99: float) -> list[float]:
    figures = (statistics.median(times.warm), p99, statistics.median(times.cold), max(times.cold))
    return [round(figure, 3) for figure in figures]


def _goals(case: Case, met: bool) -> str:
    goals = [f"p99 < {case.warm}"] * bool(case.warm) + [f"cold < {case.cold}"] * bool(case.cold)
    return f"{', '.join(goals)}: {'met' if met else 'MISSED'}" if goals else "none"


if __name__ == "__main__":
    sys.exit(main())
