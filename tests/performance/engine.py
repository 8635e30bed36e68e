"""Starts inside the built image under Lambda's limits, at the processor share of a memory size.

The server stays outside, on the host's network, so that it uses no contender's share. The kernel's
monotonic clock is one for host and container, which is how the two sides' times meet.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.console import print_progress
from rie.function import Function
from rie.images import engine, image
from rie.images.offline_packages import fetch_wheels
from rie.local.sandbox import lambda_limits
from rie.paths import ROOT
from tests.performance.api import Api
from tests.performance.bench import Results
from tests.performance.contenders import AWSLAMBDARIC, BARE, SUREFOOT
from tests.performance.goals import absent, compare
from tests.performance.lab import HERE, Lab
from tests.performance.paired import Samples, values

if TYPE_CHECKING:
    from docker import DockerClient

IMAGE = "surefoot:latest"
MEMORY_MB = (128, 512, 1769)
_PYTHON = "/var/lang/bin/python3"
_PACKAGES = "/opt/bench/packages"
_CXX = "/opt/bench/lib"
_LIBRARIES = f"/var/lang/lib:/lib64:/usr/lib64:{_CXX}"
_COMMANDS = {
    SUREFOOT: "/lambda-entrypoint.sh {}",
    # The image has no such package: it comes on the path, for this contender alone, and so does the
    # C++ library, behind the places where the image may have its own.
    AWSLAMBDARIC: f"/usr/bin/env PYTHONPATH={_PACKAGES} LD_LIBRARY_PATH={_LIBRARIES} "
    f"{_PYTHON} -m awslambdaric {{}}",
    BARE: f"{_PYTHON} -c pass",
}
_TITLE = "{}, in the image, {} MB: spawn → first answer, wall, against {}"
# Their versions are those of our own functions.
_PINNED = ROOT / "functions" / "termination_policy" / "requirements.txt"
_RECIPE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
COPY wheels /wheels
RUN pip install --no-index --find-links /wheels -t . boto3
COPY *.py ./
ENV AWS_DEFAULT_REGION=eu-west-1
RUN surefoot seal clients_once.handler
"""
# The scheduler's period is 0.1 s; after two of them the quota is whole again.
PAUSE_S = 0.25


def measure(lab: Lab, results: Results, *, quick: bool) -> None:
    """Wall time of starts in IMAGE for each of MEMORY_MB; says so where that cannot be."""
    try:
        client = engine.connect()
    except engine.EngineError as error:
        _skip(results, error.reason)
        return
    with contextlib.closing(client):
        if not client.images.list(name=IMAGE):
            _skip(results, "not here: no image, `make image` builds one")
            return
        for start in _STARTS:
            tag = _build(client, lab) if start.is_own_image else IMAGE
            for memory_mb in MEMORY_MB:
                with Api() as api:
                    rounds = 5 if quick else start.rounds
                    samples = _run(client, api, lab, start, tag, memory_mb, rounds)
                results.samples[f"{start.title}, in the image, {memory_mb} MB"] = samples
                for other, goal in start.goals.items():
                    title = _TITLE.format(start.title, memory_mb, other)
                    ours, theirs = (values(samples, name, "wall ms") for name in (SUREFOOT, other))
                    results.lines.append(compare(title, goal, "ms", ours, theirs))


@dataclass(frozen=True)
class _Start:
    """A function to start, and the goals against the other contenders."""

    title: str
    handler: str
    goals: Mapping[str, float]
    rounds: int
    is_own_image: bool = False


_STARTS = (
    _Start("a function that does nothing", "once.handler", {AWSLAMBDARIC: 0.40, BARE: 1.00}, 21),
    # A start takes half a minute at 128 MB.
    _Start("boto3, three clients", "clients_once.handler", {AWSLAMBDARIC: 0.72}, 7, True),
)


def _skip(results: Results, reason: str) -> None:
    for start in _STARTS:
        for memory_mb in MEMORY_MB:
            for other, goal in start.goals.items():
                title = _TITLE.format(start.title, memory_mb, other)
                results.lines.append(absent(title, goal, reason))


def _build(client: DockerClient, lab: Lab) -> str:
    """Build the image of the function with boto3, sealed, and return its tag."""
    version = next(lab.lib.glob("python3.*")).name.removeprefix("python")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(fetch_wheels(_PINNED, version), folder / "wheels")
        for module in ("once.py", "clients_once.py"):
            shutil.copy(HERE / "task" / module, folder)
        (folder / "Dockerfile").write_text(_RECIPE)
        function = Function("bench-clients", folder, "clients_once.handler")
        return image.build_function(client, function, IMAGE)


def _run(
    client: DockerClient,
    api: Api,
    lab: Lab,
    start: _Start,
    tag: str,
    memory_mb: int,
    rounds: int,
) -> Samples:
    commands = {name: _COMMANDS[name].format(start.handler) for name in (SUREFOOT, *start.goals)}
    answers = (rounds + 1) * sum(name != BARE for name in commands)
    api.play("{}", 2 * answers, marks=range(1, answers + 1), hold=False)
    options: dict[str, Any] = {
        **lambda_limits(memory_mb, host_cpus=int(client.info()["NCPU"])),
        "network_mode": "host",
        "environment": {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        },
        "volumes": {
            **({} if start.is_own_image else {str(lab.task): {"bind": "/var/task", "mode": "ro"}}),
            str(lab.site_packages): {"bind": _PACKAGES, "mode": "ro"},
            str(_cxx(lab)): {"bind": _CXX, "mode": "ro"},
            str(HERE / "inside.py"): {"bind": "/opt/bench/inside.py", "mode": "ro"},
        },
        "entrypoint": [_PYTHON, "/opt/bench/inside.py", str(rounds + 1), str(PAUSE_S)],
        "command": [f"{name}={command}" for name, command in commands.items()],
        "detach": True,
    }
    samples: Samples = {name: [] for name in commands}
    container = client.containers.run(tag, **options)
    try:
        for line in container.logs(stream=True, follow=True, stderr=False):
            seen = json.loads(line)
            answered = seen["ended"] if seen["name"] == BARE else api.mark()["ns"]
            wall, cpu = (answered - seen["born"]) / 1e6, seen["cpu"] / 1e6
            samples[seen["name"]].append({"wall ms": wall, "CPU ms": cpu})
            print_progress(f"{memory_mb} MB: {seen['name']} answered after {wall:.0f} ms")
    finally:
        container.remove(force=True)
    # The first round warms the page cache.
    return {name: taken[1:] for name, taken in samples.items()}


def _cxx(lab: Lab) -> Path:
    """A folder with this machine's C++ library: awslambdaric needs it, a small image lacks it."""
    folder = lab.task.with_name("cxx")
    folder.mkdir(exist_ok=True)
    (module,) = lab.site_packages.glob("runtime_client*.so")
    needs = subprocess.run(["ldd", module], capture_output=True, text=True, check=True).stdout
    for name, path in re.findall(r"(libstdc\+\+\S+|libgcc_s\S+) => (/\S+)", needs):
        shutil.copy(path, folder / name)
    return folder
