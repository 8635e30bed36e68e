"""A large event, without an emulator's time: python -m tests.performance.large_event.

functions/termination_policy gets events of 30,000 instances from the benchmark's Runtime API, which
does next to nothing. First at full speed, where the processor time is divided into JSON, handler
and transport; then, where there is an engine, in an image under the limits of a memory size.
Each is done without and with orjson, which the function's own image has.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rie.errors import UserError
from rie.function import find
from rie.images import engine
from rie.local.sandbox import lambda_limits
from rie.paths import ROOT
from surefoot.kit.tables import format_table
from tests.integration.functions.termination_policy.events import large
from tests.performance import lab
from tests.performance.api import Api
from tests.performance.engine import IMAGE, PAUSE_S
from tests.performance.lab import Lab
from tests.performance.running import Running

if TYPE_CHECKING:
    from docker import DockerClient

HANDLER = "termination_policy.app.handler"
GOAL_MS = 350
VARIABLES = {"POLICY": "any", "AWS_LAMBDA_FUNCTION_NAME": "termination_policy"}
_WARMING = 5
_PACKAGES = "/opt/bench/packages"
_JSON, _ORJSON = "json", "orjson"
# Run by the function's interpreter: what the parts of an invocation cost, in ms of the processor.
_PARTS = """
import json, sys, time
from surefoot._payload.marshaller import Marshaller
from termination_policy.app import handler
class Context:
    def get_remaining_time_in_millis(self):
        return 60_000
body, runs, marshaller = open(sys.argv[1], "rb").read(), int(sys.argv[2]), Marshaller()
def cost(call):
    times = []
    for _ in range(runs):
        began = time.process_time()
        result = call()
        times.append((time.process_time() - began) * 1e3)
        del result
    return sorted(times)[runs // 2]
event = marshaller.load(body, "application/json")
answer = handler(event, Context())
assert answer["InstanceIDs"], "the function answered no instance"
parts = {
    "JSON in": cost(lambda: marshaller.load(body, "application/json")),
    "handler": cost(lambda: handler(event, Context())),
    "JSON out": cost(lambda: marshaller.dump(answer)),
}
print(json.dumps(parts), file=sys.stderr)
"""


@dataclass(frozen=True)
class Scene:
    """What all measurements share: `task` holds the function's package, `event` is its text."""

    place: Lab
    api: Api
    task: Path
    event: str
    runs: int

    def variables(self, parser: str) -> dict[str, str]:
        """Return the variables of a runtime on this machine."""
        packages = str(self.place.orjson) if parser == _ORJSON else ""
        return {
            **lab.environment(self.place, self.api.address),
            **VARIABLES,
            "LAMBDA_TASK_ROOT": str(self.task),
            "PYTHONPATH": packages,
        }


def main() -> int:
    """Print the figures; 1 if the goal was measured and missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="invocations (default: 100)")
    parser.add_argument("--memory", type=int, default=512, help="megabytes (default: 512)")
    parser.add_argument("--image", default=IMAGE, help="for the runs under limits")
    options = parser.parse_args()
    event = json.dumps(large(), separators=(",", ":"))
    with _staged() as task, Api() as api:
        scene = Scene(lab.prepare(), api, task, event, options.runs)
        print(f"{len(event):,} bytes, {options.runs} invocations; ms of the processor, median")
        divided = {parser: _divide(scene, parser) for parser in (_JSON, _ORJSON)}
        rows = [[name, *(f"{ms:.1f}" for ms in row.values())] for name, row in divided.items()]
        print(format_table(["parser", *divided[_JSON]], rows))
        try:
            limited = _run_limited(scene, options.image, options.memory)
        except UserError as error:
            print(f"Not measured at {options.memory} MB: {error}", file=sys.stderr)
            return 0
    return _judge(limited, f"{options.image} at {options.memory} MB")


def _judge(limited: dict[str, list[float]], where: str) -> int:
    missed = 0
    for name, times in limited.items():
        p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        missed += p99 >= GOAL_MS
        print(
            f"{where}, {name}: wall p50 {p50:.0f}, p99 {p99:.0f}, slowest {max(times):.0f} ms; "
            f"p99 < {GOAL_MS}: {'MISSED' if p99 >= GOAL_MS else 'met'}"
        )
    return int(missed > 0)


@contextmanager
def _staged() -> Iterator[Path]:
    """A task root with the function and nothing else, which every user may read."""
    source = find("termination_policy").directory / "termination_policy"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, Path(folder, source.name), ignore=ignored)
        yield Path(folder)


def _divide(scene: Scene, parser: str) -> dict[str, float]:
    """Return what an invocation costs, and its parts; transport is what the others leave."""
    last = _WARMING + scene.runs
    scene.api.play(scene.event, last, marks=[_WARMING, last])
    command = [str(ROOT / "bootstrap" / "bootstrap"), HANDLER]
    with Running(command, scene.variables(parser), scene.task) as process:
        _check(scene.api.mark()["body"])
        before = process.cpu_ns()
        scene.api.release()
        _check(scene.api.mark()["body"])
        total = (process.cpu_ns() - before) / scene.runs / 1e6
        scene.api.release()
    parts = _measure_parts(scene, parser)
    return {"all": total, **parts, "transport": total - sum(parts.values())}


def _check(answer: str) -> None:
    if '"i-' not in answer:
        raise UserError(f"the function answered {answer:.300}", "read its log")


def _measure_parts(scene: Scene, parser: str) -> dict[str, float]:
    variables = scene.variables(parser)
    paths = [str(scene.place.runtime), str(scene.task), variables["PYTHONPATH"]]
    variables["PYTHONPATH"] = os.pathsep.join(paths)
    with tempfile.NamedTemporaryFile() as file:
        file.write(scene.event.encode())
        file.flush()
        command = [str(scene.place.python), "-c", _PARTS, file.name, str(scene.runs)]
        # The function logs to stdout.
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"the parts were not measured: {done.stderr[-500:]}", "read the reason")
    parts: dict[str, float] = json.loads(done.stderr)
    return parts


def _run_limited(scene: Scene, image: str, memory_mb: int) -> dict[str, list[float]]:
    """Return wall times in a container with these limits, in ms, by parser.

    From the moment when the runtime may ask for the event until its answer has arrived.
    """
    with contextlib.closing(engine.connect()) as client:
        if not client.images.list(name=image):
            raise UserError(f"there is no image {image}", "run `make image`, or name one (--image)")
        version = client.containers.run(
            image,
            ["-c", "import sys; print(f'python-{sys.version_info[0]}.{sys.version_info[1]}.')"],
            entrypoint="/var/lang/bin/python3",
            remove=True,
        )
        parsers = [_JSON]
        if scene.place.python.parent.parent.name.startswith(version.decode().strip()):
            parsers.append(_ORJSON)
        return {
            parser: _run_container(client, scene, image, memory_mb, parser) for parser in parsers
        }


def _run_container(
    client: DockerClient, scene: Scene, image: str, memory_mb: int, parser: str
) -> list[float]:
    last = _WARMING + scene.runs
    scene.api.play(scene.event, last, marks=range(1, last + 1))
    variables = {
        **VARIABLES,
        "AWS_LAMBDA_RUNTIME_API": scene.api.address,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "PYTHONPATH": _PACKAGES if parser == _ORJSON else "",
    }
    container = client.containers.run(
        image,
        [HANDLER],
        **lambda_limits(memory_mb, host_cpus=int(client.info()["NCPU"])),
        network_mode="host",
        environment=variables,
        volumes={
            str(scene.task): {"bind": "/var/task", "mode": "ro"},
            str(scene.place.orjson): {"bind": _PACKAGES, "mode": "ro"},
        },
        detach=True,
    )
    try:
        times = []
        _check(scene.api.mark()["body"])
        for _ in range(last - 1):
            time.sleep(PAUSE_S)
            began = time.monotonic_ns()
            scene.api.release()
            times.append((scene.api.mark()["ns"] - began) / 1e6)
        scene.api.release()
    finally:
        container.remove(force=True)
    return times[_WARMING - 1 :]


if __name__ == "__main__":
    sys.exit(main())
