"""Reporting needs nothing new: no import, no descriptor, nothing that a function changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from surefoot_tools.seal.start_bundle import build_start_bundle
from tests.integration.features.conftest import Running, Start
from tests.support.invocation import Invocation
from tests.support.process import RUNTIME, lambda_environment
from tests.support.reply import Ending, Reply
from tests.support.request import Request
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

# Holds every descriptor there is, in a list that outlives the invocation.
NO_DESCRIPTORS = """
import os
held = []
def exhaust():
    while True:
        try:
            held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            return
"""
FAIL = """
def handler(event, context):
    if event:
        raise ValueError("the reason")
    return "well"
"""


@pytest.fixture
def measurement() -> dict[str, str]:
    """None: coverage needs what these functions take away."""
    return {}


CHANGES = {
    "descriptors": NO_DESCRIPTORS + "exhaust()",
    "path": "import sys\nsys.path.clear()",
    "path replaced": "import sys\nsys.path = None",
    "modules": "import sys\nsys.modules.clear()",
    "modules replaced": "import sys\nsys.modules = {}",
    "finders": "import sys\nsys.meta_path.clear(); sys.path_hooks.clear(); sys.path.clear()",
    "our modules": (
        "import sys\nfor name in list(sys.modules):\n"
        "    if name.startswith('surefoot'): del sys.modules[name]"
    ),
    "their modules": (
        "import sys\nfor name in ('traceback', 'linecache', 'os', 'select', 'time', 'io'):\n"
        "    sys.modules[name] = None"
    ),
    "open": "import builtins, io\nbuiltins.open = io.open = None",
    "recursion": "import sys\nsys.setrecursionlimit(len(__import__('inspect').stack(0)) + 12)",
    "hook": "import sys\nsys.excepthook = sys.unraisablehook = None",
    "output": "import sys\nsys.stdout.close(); sys.stderr.close()",
    "no output": "import sys\nsys.stdout = sys.stderr = None",
    "odd output": (
        "import sys\nclass Odd:\n    def write(self, text): raise KeyError(text)\n"
        "    def flush(self): pass\n"
        "sys.stdout = sys.stderr = Odd()"
    ),
    "everything": NO_DESCRIPTORS
    + "import sys\nexhaust(); sys.modules.clear(); sys.path.clear(); sys.meta_path.clear()",
}


def check(function: Running) -> Request:
    """The first invocation's report is whole, and the next one is served; return the report."""
    answer = function.call(Invocation(b"1"))
    assert answer.route is Route.ERROR
    report = json.loads(answer.body)
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", "the reason")
    assert "in handler" in report["stackTrace"][-1]
    assert function.call(Invocation(b"0")).body == b'"well"'
    return answer


# Python itself cannot import a module that empties sys.modules or replaces it.
AT_IMPORT = [each for each in CHANGES if each not in {"modules", "modules replaced", "everything"}]


@pytest.mark.parametrize("change", AT_IMPORT)
def test_a_failure_is_reported_whatever_was_taken_away_while_loading(
    start: Start, change: str
) -> None:
    # The deadline guard needs this one at the first invocation.
    check(start(f"import faulthandler\n{FAIL}\n{CHANGES[change]}"))


@pytest.mark.parametrize("change", ["modules", "modules replaced", "everything"])
def test_an_init_error_is_reported_whatever_was_taken_away(start: Start, change: str) -> None:
    function = start(CHANGES[change] + "\nraise ValueError('the reason')")
    (request,) = function.api.wait_for(1, Route.INIT_ERROR)
    assert json.loads(request.body)["errorMessage"] == "the reason"


@pytest.mark.parametrize("change", CHANGES)
def test_a_failure_is_reported_whatever_the_handler_takes_away(start: Start, change: str) -> None:
    code = textwrap.indent(CHANGES[change], " " * 8)
    source = "def handler(event, context):\n    if event:\n"
    check(start(f"{source}{code}\n        raise ValueError('the reason')\n    return 'well'\n"))


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_holds_for_the_start_from_a_single_file(tmp_path: Path, change: str) -> None:
    runtime = tmp_path / "runtime"
    shutil.copytree(RUNTIME, runtime, ignore=shutil.ignore_patterns("__pycache__"))
    build_start_bundle(runtime)
    task = tmp_path / "task"
    task.mkdir()
    code = textwrap.indent(CHANGES[change], " " * 4)
    (task / "app.py").write_text(
        f"def handler(event, context):\n{code}\n    raise ValueError('the reason')\n"
    )
    with RuntimeApi([Invocation()], then=Then.HANG_UP) as api:
        environ = lambda_environment(api.address, task)
        command = [sys.executable, "-S", str(runtime / "start.pyc"), "app.handler"]
        subprocess.run(command, cwd=task, env=environ, check=False, capture_output=True)
        (answer,) = api.complete(Route.ERROR)
    assert json.loads(answer.body)["errorMessage"] == "the reason"


@pytest.mark.parametrize("size", [100_000, 5_000_000])
def test_a_large_answer_needs_no_descriptor(start: Start, size: int) -> None:
    function = start(
        NO_DESCRIPTORS + "def handler(event, context):\n    exhaust()\n    return 'x' * event"
    )
    for _ in range(2):
        answer = function.call(Invocation(str(size).encode()))
        assert len(answer.body) == size + 2
    assert b"hung up" not in function.end().stderr


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_a_new_connection_needs_no_descriptor_but_that_of_the_old_one(
    start: Start, ending: Ending
) -> None:
    function = start(NO_DESCRIPTORS + "def handler(event, context):\n    exhaust()\n    return 1")
    first = Invocation()
    for each in (replace(first, raw=first.reply.ended(ending)), Invocation()):
        assert function.call(each).body == b"1"
    assert b"hung up" not in function.end().stderr


def test_a_connection_that_ended_with_its_reply_holds_the_descriptor_of_the_next(
    start: Start,
) -> None:
    function = start(NO_DESCRIPTORS + "def handler(event, context):\n    exhaust()\n    return 1")
    first = Invocation()
    closing = first.reply.data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    for each in (replace(first, raw=Reply((closing,), Ending.CLOSE)), Invocation()):
        assert function.call(each).body == b"1"


@pytest.mark.parametrize(
    "name", ["token", "select", "traceback", "linecache", "json", "tokenize", "os", "io", "re"]
)
def test_nothing_of_the_functions_own_is_imported_to_report(
    start: Start, tmp_path: Path, name: str
) -> None:
    (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()\nraise OSError\n")
    check(start(FAIL))
    assert not (tmp_path / "imported").exists()


# What this interpreter has loaded, or built in, before any program: no file stands before that.
LOADED = subprocess.check_output(
    [sys.executable, "-c", "import runpy, sys; print(*sys.modules, *sys.builtin_module_names)"],
    env={},  # coverage, which measures the tests, loads them all
    text=True,
).split()


@pytest.mark.parametrize(
    "name",
    sorted({"token", "select", "traceback", "linecache", "json", "tokenize"} - set(LOADED)),
)
def test_a_function_imports_its_own_module_of_any_name(
    start: Start, tmp_path: Path, name: str
) -> None:
    (tmp_path / f"{name}.py").write_text("mine = True\n")
    function = start(
        "def handler(event, context):\n    if event: raise ValueError('the reason')\n"
        f"    import {name}\n    return 'well' if {name}.mine else 'not mine'\n"
    )
    check(function)


def test_threads_at_their_limit_do_not_keep_a_failure_from_being_reported(start: Start) -> None:
    function = start(
        """
        import resource, threading
        def handler(event, context):
            if event:
                resource.setrlimit(resource.RLIMIT_AS, (1 << 28, resource.RLIM_INFINITY))
                threading.stack_size(1 << 27)
                for _ in range(10):
                    threading.Thread(target=threading.Event().wait, daemon=True).start()
            return "well"
        """
    )
    report = json.loads(function.call(Invocation(b"1")).body)
    assert report["errorType"] == "RuntimeError"
    assert function.call(Invocation(b"0")).body == b'"well"'
