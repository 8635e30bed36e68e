"""Latency and throughput of the emulators: python -m tests.performance.emulator.

A caller posts an empty event to functions/echo over one connection, again and again. surefoot's
emulator is measured with processes and with containers, next to AWS's: the official RIE, which
gets one caller because it crashes on two invocations at once, and `sam local start-lambda`.
Prints a table in Markdown, and writes emulator.json.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from rie.emulator.settings import FunctionSettings
from rie.errors import UserError
from rie.function import find
from rie.images.image import LATEST
from rie.local.official_rie import HOST, OfficialRie, free_port
from rie.paths import ROOT
from tests.performance.api import Api
from tests.performance.sam import server as sam

CALLERS = (1, 10, 50)
WARMING = 50
_PATH = "/2015-03-31/functions/{}/invocations"
_HEADINGS = ["emulator", "callers", "invocations/s", "p50, ms", "p99, ms", "p50 above the runtime"]


@dataclass(frozen=True)
class Row:
    """What one emulator did for that many callers; `failed` invocations are in no other figure."""

    emulator: str
    callers: int
    answered: int
    failed: int
    per_second: float
    p50_ms: float
    p99_ms: float


def measure(url: str, callers: int, count: int) -> tuple[float, list[float], int]:
    """Seconds for `count` invocations by `callers` threads, the milliseconds of each, failures."""
    latencies: list[float] = []
    failures: list[str] = []
    barrier = threading.Barrier(callers + 1)
    parts = urlsplit(url)

    def call() -> None:
        connection = http.client.HTTPConnection(parts.netloc)
        _post(connection, parts.path)
        barrier.wait()
        for _ in range(count // callers):
            started = time.perf_counter()
            problem = _post(connection, parts.path)
            if problem:
                failures.append(problem)
                connection.close()
            else:
                latencies.append((time.perf_counter() - started) * 1000)
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        print(f"{len(failures)} failed; the first: {failures[0]}", file=sys.stderr)
    return time.perf_counter() - started, latencies, len(failures)


def _post(connection: http.client.HTTPConnection, path: str) -> str:
    """Invoke; what was wrong, or nothing."""
    try:
        connection.request("POST", path, b"{}")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    right = answer.status == http.client.OK and b"request_id" in body
    return "" if right else f"{answer.status} {body!r:.200}"


def measure_runtime(count: int) -> float:
    """Milliseconds of an invocation for the runtime and functions/echo alone, on average.

    The Runtime API of the benchmark does next to nothing, so this is what no emulator can avoid.
    """
    with Api() as api:
        settings = FunctionSettings(find("echo"))
        environment = settings.make_environment(api.address, "bench")
        command = [*settings.command, settings.function.handler]
        api.play("{}", WARMING + count, marks=[WARMING, WARMING + count], hold=False)
        with subprocess.Popen(
            command,
            cwd=settings.function.directory,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            began, ended = api.mark()["ns"], api.mark()["ns"]
            process.kill()
    return float(ended - began) / count / 1e6


def main() -> None:
    """Print a table in Markdown, and write the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invocations", type=int, default=1000)
    parser.add_argument("--json", type=Path, default=Path(__file__).with_name("emulator.json"))
    parser.add_argument("--image", default=LATEST, help="The base image of the containers.")
    parser.add_argument("--only", default="", help="Measure emulators whose names contain this.")
    options = parser.parse_args()
    count = max(options.invocations, CALLERS[-1] * 2)
    runtime_ms = measure_runtime(count)
    print(f"The runtime alone takes {runtime_ms:.3f} ms.\n")
    print(f"| {' | '.join(_HEADINGS)} |\n|{'---|' * len(_HEADINGS)}")
    rows: list[Row] = []
    missing: dict[str, str] = {}
    with Path(os.devnull).open("wb") as log:
        for name, start, callers in _list_contenders(options.image, log):
            if options.only not in name:
                continue
            try:
                with start() as url:
                    for number in callers:
                        rows.append(_measure_row(name, url, number, count))
                        print(_format_row(rows[-1], runtime_ms), flush=True)
            except UserError as error:
                missing[name] = error.reason
                print(f"{name} was not measured: {error}", file=sys.stderr)
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "machine": f"{os.cpu_count()} processors, {platform.machine()}, "
        f"CPython {platform.python_version()}",
        "invocations": count,
        "runtime_ms": round(runtime_ms, 4),
        "rows": [asdict(row) for row in rows],
        "not_measured": missing,
        "goals": _judge(rows, runtime_ms),
    }
    for text, met in result["goals"].items():
        print(f"{'met' if met else 'MISSED'}: {text}")
    options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


Contender = tuple[str, Callable[[], Any], Sequence[int]]


def _list_contenders(image: str, log: IO[bytes]) -> list[Contender]:
    return [
        ("surefoot, processes", lambda: _started(log, "--process"), CALLERS),
        ("surefoot, containers", lambda: _started(log, "--runtime-image", image), CALLERS),
        ("official RIE", lambda: _official(log), CALLERS[:1]),
        ("sam local start-lambda", lambda: _sam(image, log), CALLERS),
    ]


@contextmanager
def _started(log: IO[bytes], *words: str) -> Iterator[str]:
    """`rie run echo` as a process of its own, as the other emulators are."""
    port = free_port()
    command = [sys.executable, "-m", "rie", "run", "echo", "--port", str(port), *words]
    if "--runtime-image" in words:
        _require_engine()
    with subprocess.Popen([*command, "--max-environments", "4"], cwd=ROOT, stderr=log) as process:
        try:
            while not _answers(port):
                if process.poll() is not None:
                    raise UserError(f"rie run ended with status {process.returncode}", "run it")
                time.sleep(0.05)
            yield f"http://{HOST}:{port}{_PATH.format('function')}"
        finally:
            process.terminate()


def _require_engine() -> None:
    """Raise UserError without an engine: `rie run` would use processes."""
    from rie.images.engine import connect

    with contextlib.closing(connect()):
        pass


@contextmanager
def _official(log: IO[bytes]) -> Iterator[str]:
    with OfficialRie(find("echo"), logs=log) as official:
        yield f"{official.url}{_PATH.format('function')}"


@contextmanager
def _sam(image: str, log: IO[bytes]) -> Iterator[str]:
    with sam.serving(image, log) as url:
        yield f"{url}{_PATH.format(sam.FUNCTION)}"


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _measure_row(name: str, url: str, callers: int, count: int) -> Row:
    seconds, latencies, failed = measure(url, callers, count)
    cuts = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
    rate = len(latencies) / seconds
    figures = (round(value, 3) for value in (rate, cuts[49], cuts[98]))
    return Row(name, callers, len(latencies), failed, *figures)


def _format_row(row: Row, runtime_ms: float) -> str:
    failed = f" ({row.failed} failed)" if row.failed else ""
    above = f"{row.p50_ms - runtime_ms:.2f} ms" if row.callers == 1 else ""
    return (
        f"| {row.emulator} | {row.callers} | {row.per_second:,.0f}{failed} | {row.p50_ms:.2f} | "
        f"{row.p99_ms:.2f} | {above} |"
    )


def _judge(rows: Sequence[Row], runtime_ms: float) -> dict[str, bool]:
    """Each goal that was measured, and whether it is met."""
    found = {(row.emulator, row.callers): row for row in rows}
    goals = {}
    alone = found.get(("surefoot, processes", 1))
    if alone is not None:
        above = alone.p50_ms - runtime_ms
        goals[f"p50 at most 2 ms above the runtime: {above:.2f} ms"] = above <= 2.0
    for callers in CALLERS:
        ours = found.get(("surefoot, processes", callers))
        theirs = found.get(("sam local start-lambda", callers))
        if ours is not None and theirs is not None and theirs.per_second:
            ratio = ours.per_second / theirs.per_second
            text = f"10 times sam's throughput with {callers} callers: {ratio:.1f}"
            goals[text] = ratio >= 10
    return goals


if __name__ == "__main__":
    main()
