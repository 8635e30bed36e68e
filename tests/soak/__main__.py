"""``python -m tests.soak``: 100,000 invocations in the image's launch mode.

Fails when the process has more or fewer file descriptors at the end than after the warm-up, or when
its resident memory differs by more than two per cent.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.soak.load import HANDLER
from tests.soak.server import Server
from tests.support.process import RUNTIME, lambda_environment

BOOTSTRAP = RUNTIME.parent / "bootstrap" / "bootstrap"
WARM_UP = 5_000
TOLERANCE = 0.02


@dataclass(frozen=True)
class Usage:
    """What a process holds: open descriptors, and resident memory in KiB."""

    descriptors: int
    memory: int


def usage(pid: int) -> Usage:
    """Read it from /proc; the process must be waiting, so that nothing is in flight."""
    process = Path("/proc", str(pid))
    status = (process / "status").read_text().partition("VmRSS:")[2]
    return Usage(len(list((process / "fd").iterdir())), int(status.split()[0]))


def verdict(warm: Usage, end: Usage) -> str:
    """What is wrong with the end, compared with the warm process; empty when nothing is."""
    if warm.descriptors != end.descriptors:
        return f"{warm.descriptors} file descriptors became {end.descriptors}"
    if abs(end.memory - warm.memory) > TOLERANCE * warm.memory:
        return f"{warm.memory} KiB of memory became {end.memory} KiB"
    return ""


def soak(invocations: int, task: Path) -> str:
    """Run; return what is wrong."""
    (task / "app.py").write_text(HANDLER)
    with Server() as server, (task / "output").open("wb") as output:
        environ = lambda_environment(server.address, task)
        del environ["PYTHONPATH"]
        environ |= {"SUREFOOT_PYTHON": sys.executable, "LAMBDA_RUNTIME_DIR": str(RUNTIME)}
        process = subprocess.Popen(
            [BOOTSTRAP, "app.handler"], cwd=task, env=environ, stdout=output, stderr=output
        )
        try:
            return _measure(server, process.pid, invocations)
        finally:
            process.kill()
            process.wait()


def _measure(server: Server, pid: int, invocations: int) -> str:
    began = time.monotonic()
    server.accept()
    warm = None
    for done in range(0, invocations, WARM_UP):
        until = min(done + WARM_UP, invocations)
        server.serve(done, until)
        now = usage(pid)
        warm = warm or now
        print(
            f"{until:7,} invocations  {time.monotonic() - began:6.1f} s"
            f"  {now.memory:,} KiB  {now.descriptors} descriptors",
            file=sys.stderr,
            flush=True,
        )
    if warm is None:
        return "no invocations"
    return verdict(warm, now)


def main() -> int:
    """Run it from the command line; 0 when nothing has grown."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--invocations", type=int, default=100_000, metavar="N")
    with tempfile.TemporaryDirectory(prefix="surefoot-soak-") as task:
        wrong = soak(parser.parse_args().invocations, Path(task))
    print(f"soak: {wrong or 'descriptors and memory are constant'}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
