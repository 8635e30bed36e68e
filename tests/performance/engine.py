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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.console import print_progress
from rie.images import engine
from rie.local.sandbox import lambda_limits
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
    SUREFOOT: "/lambda-entrypoint.sh once.handler",
    # The image has no such package: it comes on the path, for this contender alone, and so does the
    # C++ library, behind the places where the image may have its own.
    AWSLAMBDARIC: f"/usr/bin/env PYTHONPATH={_PACKAGES} LD_LIBRARY_PATH={_LIBRARIES} "
    f"{_PYTHON} -m awslambdaric once.handler",
    BARE: f"{_PYTHON} -c pass",
}
_GOALS = {AWSLAMBDARIC: 0.40, BARE: 1.00}
_TITLE = "in the image, {} MB: spawn → first answer, wall, against {}"
# The scheduler's period is 0.1 s; after two of them the quota is whole again.
_PAUSE = 0.25


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
        for memory_mb in MEMORY_MB:
            with Api() as api:
                samples = _starts(client, api, lab, memory_mb, 5 if quick else 21)
            results.samples[f"start in the image, {memory_mb} MB"] = samples
            for other, goal in _GOALS.items():
                title = _TITLE.format(memory_mb, other)
                ours, theirs = (values(samples, name, "wall ms") for name in (SUREFOOT, other))
                results.lines.append(compare(title, goal, "ms", ours, theirs))


def _skip(results: Results, reason: str) -> None:
    for memory_mb in MEMORY_MB:
        for other, goal in _GOALS.items():
            results.lines.append(absent(_TITLE.format(memory_mb, other), goal, reason))


def _starts(client: DockerClient, api: Api, lab: Lab, memory_mb: int, rounds: int) -> Samples:
    answers = (rounds + 1) * (len(_COMMANDS) - 1)
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
            str(lab.task): {"bind": "/var/task", "mode": "ro"},
            str(lab.site_packages): {"bind": _PACKAGES, "mode": "ro"},
            str(_cxx(lab)): {"bind": _CXX, "mode": "ro"},
            str(HERE / "inside.py"): {"bind": "/opt/bench/inside.py", "mode": "ro"},
        },
        "entrypoint": [_PYTHON, "/opt/bench/inside.py", str(rounds + 1), str(_PAUSE)],
        "command": [f"{name}={command}" for name, command in _COMMANDS.items()],
        "detach": True,
    }
    samples: Samples = {name: [] for name in _COMMANDS}
    container = client.containers.run(IMAGE, **options)
    try:
        for line in container.logs(stream=True, follow=True, stderr=False):
            start = json.loads(line)
            answered = start["ended"] if start["name"] == BARE else api.mark()["ns"]
            wall, cpu = (answered - start["born"]) / 1e6, start["cpu"] / 1e6
            samples[start["name"]].append({"wall ms": wall, "CPU ms": cpu})
            print_progress(f"{memory_mb} MB: {start['name']} answered after {wall:.0f} ms")
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
