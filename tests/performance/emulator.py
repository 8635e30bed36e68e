"""Latency and throughput of the emulators: python -m tests.performance.emulator.

A caller posts an empty event to functions/echo over one connection, again and again. The official
emulator gets one caller: it crashes on two invocations at once.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from rie.function import find
from rie.local.client import PATH
from rie.local.official_rie import HOST, OfficialRie, free_port
from rie.paths import ROOT

CALLERS = (1, 10, 50)


def measure(url: str, callers: int, count: int) -> tuple[float, list[float]]:
    """Seconds for `count` invocations by `callers` threads, and the milliseconds of each."""
    latencies: list[float] = []
    barrier = threading.Barrier(callers + 1)

    def call() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        _post(connection)
        barrier.wait()
        for _ in range(count // callers):
            started = time.perf_counter()
            _post(connection)
            latencies.append((time.perf_counter() - started) * 1000)
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started, latencies


def _post(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", PATH, b"{}")
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.client.OK or b"request_id" not in body:
        raise RuntimeError(f"{answer.status} {body!r}")


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invocations", type=int, default=1000)
    count = parser.parse_args().invocations
    print("| emulator | callers | invocations/s | p50, ms | p99, ms |\n|---|---|---|---|---|")
    with Path(os.devnull).open("wb") as log:
        with _started(log) as url:
            for callers in CALLERS:
                _print_row("surefoot", callers, lambda n: measure(url, n, count))
        with OfficialRie(find("echo"), logs=log) as official:
            _print_row("official", 1, lambda n: measure(official.url, n, count))


@contextmanager
def _started(log: IO[bytes]) -> Iterator[str]:
    """`rie run echo` as a process of its own, as the official emulator is one."""
    port = free_port()
    command = [sys.executable, "-m", "rie", "run", "echo", "--process", "--port", str(port)]
    with subprocess.Popen([*command, "--max-environments", "4"], cwd=ROOT, stderr=log) as process:
        try:
            while not _answers(port):
                time.sleep(0.05)
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _print_row(name: str, callers: int, run: Callable[[int], tuple[float, list[float]]]) -> None:
    seconds, latencies = run(callers)
    cuts = statistics.quantiles(latencies, n=100)
    rate = len(latencies) / seconds
    print(f"| {name} | {callers} | {rate:,.0f} | {cuts[49]:.2f} | {cuts[98]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
