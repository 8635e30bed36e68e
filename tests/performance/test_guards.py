"""What keeps the runtime fast, as counts: they do not flicker like times.

The numbers are what the runtime does today. Lower one when you can; raising one is a decision.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot_tools.seal.start_bundle import MODULES
from tests.performance import syscalls
from tests.support.gate import DEADLINE
from tests.support.invocation import Invocation
from tests.support.process import RUNTIME
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then
from tests.support.sealed_image import SealedImage
from tests.unit.home import BASE_PYTHON, make_home

BOOTSTRAP = str(RUNTIME.parent / "bootstrap" / "bootstrap")

# What the runtime loads beyond an interpreter that does nothing, up to its first poll: its own
# modules, those of the bundle, and these.
STANDARD = "_json _socket faulthandler"
# From there to the first answer of a function that does nothing.
LATER = ""

# Send and receive, twice; setting the deadline's timer, and stopping it. And before an answer two
# questions: is this still the process that was started, since a handler may fork without the
# interpreter's knowledge; is the descriptor still the connection's, not one of the function's.
SYSTEM_CALLS = 8

FUNCTIONS = """
import gc
import sys

before = frozenset(sys.modules)

def modules(event, context):
    return {"before": sorted(before), "now": sorted(sys.modules)}

def looking(event, context):
    import __main__

    __main__.bootstrap
    return {"now": sorted(sys.modules)}

def allocated(event, context):
    gc.collect()
    return sys.getallocatedblocks()
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An interpreter without packages, as in the image, whatever this machine's has."""
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "app.py").write_text(FUNCTIONS)
    return {
        "PATH": os.defpath,
        "PYTHONHOME": str(make_home(tmp_path / "home")),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_RUNTIME_DIR": str(RUNTIME),
        "LAMBDA_TASK_ROOT": str(tmp_path / "task"),
        "SUREFOOT_PYTHON": BASE_PYTHON,
    }


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    with RuntimeApi(then=Then.HANG_UP) as api:
        yield api


def serve(
    api: RuntimeApi, environ: dict[str, str], function: str, invocations: int, *tracer: str
) -> tuple[list[bytes], bytes]:
    """Run the image's command until the API hangs up; the answers, and what it printed."""
    api.deliver(*(Invocation() for _ in range(invocations)))
    done = subprocess.run(
        [*tracer, BOOTSTRAP, f"app.{function}"],
        cwd=environ["LAMBDA_TASK_ROOT"],
        env={**environ, "AWS_LAMBDA_RUNTIME_API": api.address},
        stdout=subprocess.PIPE,
        timeout=DEADLINE * 3,
        check=False,
    )
    if done.returncode == syscalls.NOT_ALLOWED:
        pytest.skip("this system does not allow ptrace")
    answers = [request.body for request in api.complete(Route.RESPONSE)]
    assert len(answers) == invocations, done.stdout
    return answers, done.stdout


def test_nothing_more_is_imported_on_the_way_to_the_first_answer(
    api: RuntimeApi, environ: dict[str, str]
) -> None:
    command = [BASE_PYTHON, "-S", "-c", "import sys; print(*sys.modules)"]
    bare = set(subprocess.check_output(command, env=environ, text=True).split())
    (answer,), _ = serve(api, environ, "modules", 1)
    loaded: dict[str, list[str]] = json.loads(answer)
    before = set(loaded["before"]) - bare - {"app", "gc"}
    now = set(loaded["now"]) - bare - {"app", "gc"}
    # Nothing has to be read for a module that is built in.
    builtin = {"select"} & set(sys.builtin_module_names)
    assert before <= {*MODULES, *STANDARD.split(), *builtin}
    assert now - before <= set(LATER.split())


def test_what_stands_for_awss_client_is_loaded_when_a_package_looks_for_it(
    api: RuntimeApi, environ: dict[str, str]
) -> None:
    loaded = []
    for function in ("modules", "looking"):
        with RuntimeApi(then=Then.HANG_UP) as each:
            (answer,), _ = serve(each, environ, function, 1)
        names = json.loads(answer)["now"]
        loaded.append([name for name in names if name.startswith(("surefoot.compat", "awslamb"))])
    assert loaded[0] == []
    assert "surefoot.compat.bootstrap" in loaded[1]


def test_an_invocation_makes_no_more_system_calls(environ: dict[str, str]) -> None:
    totals = []
    # What a start and an end need cancels out.
    for invocations in (50, 150):
        with RuntimeApi(then=Then.HANG_UP) as api:
            tracer = [BASE_PYTHON, "-I", syscalls.__file__]
            _, printed = serve(api, environ, "modules", invocations, *tracer)
        totals.append(int(printed))
    # Rounded down: now and then the allocator asks for memory.
    assert (totals[1] - totals[0]) // 100 <= SYSTEM_CALLS


def test_an_invocation_leaves_nothing_allocated(api: RuntimeApi, environ: dict[str, str]) -> None:
    answers, _ = serve(api, environ, "allocated", 2200)
    counts = [int(answer) for answer in answers]
    # Python 3.10 gives a function a cache at its 1,024th call.
    assert counts[-1] <= max(counts[1100:1200])


BOTO3 = """
import sys
opened = []
def note(event, words):
    if event == "open" and isinstance(words[0], str):
        opened.append(words[0])
sys.addaudithook(note)
import boto3
for name in ("ecs", "docdb", "application-autoscaling"):
    boto3.client(name, region_name="eu-north-1")
with open("/proc/self/io") as io:
    read = int(io.readline().split()[1])

def handler(event, context):
    sources = [each for each in opened if each.endswith((".py", ".pyc", ".json", ".gz"))]
    return {"modules": len(sys.modules), "sources": sources, "read": read}
"""
# Modules in memory after a start with three clients of boto3 on CPython 3.11, ours with them.
# Newer interpreters and botocores need a few more or less (442 on 3.15).
BOTO3_MODULES = 450
# Sources, bytecode and models that are opened one by one although init is sealed.
BOTO3_SOURCES = 12
# Bytes that are read, against a start that is not sealed: bytecode is as long in the sealed file.
# Models are shorter from 3.14 on, which has a decompressor that is fast enough.
BOTO3_READ_SHARE = 0.9 if sys.version_info >= (3, 14) else 1.05


def test_a_sealed_function_with_boto3_opens_few_files_and_reads_no_more(tmp_path: Path) -> None:
    image = SealedImage(tmp_path, BOTO3)
    unsealed = image.start()
    image.seal()
    sealed = image.start()
    assert sealed["modules"] <= BOTO3_MODULES
    assert len(sealed["sources"]) <= BOTO3_SOURCES, sealed["sources"]
    assert len(sealed["sources"]) <= len(unsealed["sources"]) // 2
    assert sealed["read"] <= BOTO3_READ_SHARE * unsealed["read"]
