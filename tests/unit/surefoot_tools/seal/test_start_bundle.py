"""The one file of a cold start: it holds what is loaded, it runs, it needs no sources."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from surefoot_tools.seal.start_bundle import MODULES, build_start_bundle
from tests.support.invocation import Invocation
from tests.support.popen import Popen
from tests.support.process import RUNTIME, lambda_environment
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi
from tests.unit.layers import EAGER


def test_it_holds_exactly_what_a_cold_start_loads() -> None:
    assert set(MODULES) == {name for name in EAGER if name.split(".")[0] == "surefoot"}


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    copy = tmp_path / "runtime"
    shutil.copytree(RUNTIME, copy, ignore=shutil.ignore_patterns("__pycache__"))
    build_start_bundle(copy)
    return copy


def loaded(runtime: Path, task: Path) -> dict[str, str]:
    """The surefoot modules, and the type of their loaders, that a handler finds."""
    modules: dict[str, str] = answer(
        runtime,
        task,
        "import sys\ndef handler(event, context):\n"
        "    return {name: type(module.__spec__.loader).__name__\n"
        "            for name, module in sys.modules.items() if name.startswith('surefoot')}\n",
    )
    return modules


def answer(runtime: Path, task: Path, source: str) -> Any:
    """What the first invocation of a function gets."""
    (task / "app.py").write_text(source)
    with RuntimeApi([Invocation()]) as api:
        environ = {
            **lambda_environment(api.address, task),
            "LAMBDA_RUNTIME_DIR": str(runtime),
            "SUREFOOT_PYTHON": sys.executable,
        }
        del environ["PYTHONPATH"]
        command = [str(RUNTIME.parent / "bootstrap" / "bootstrap"), "app.handler"]
        with Popen(command, cwd=task, env=environ) as process:
            (response,) = api.wait_for(1, Route.RESPONSE)
            process.kill()
    return json.loads(response.body)


def test_a_start_takes_all_its_modules_from_it(runtime: Path, tmp_path: Path) -> None:
    assert loaded(runtime, tmp_path) == dict.fromkeys(MODULES, "NoneType")


def test_a_record_of_what_to_read_ahead_is_used_and_its_absence_loads_nothing(
    runtime: Path, tmp_path: Path
) -> None:
    assert "surefoot._runtime.readahead" not in loaded(runtime, tmp_path)
    (runtime / ".surefoot-seal").write_text(f"{runtime / 'start.py'}\n")
    assert "surefoot._runtime.readahead" in loaded(runtime, tmp_path)


COLLECTIONS = "sum(each['collections'] for each in gc.get_stats())"


def test_nothing_is_collected_while_it_loads(runtime: Path, tmp_path: Path) -> None:
    # Reading the file, before anything of it runs, makes many objects.
    read = "import gc, marshal, sys; kept = marshal.loads(open(sys.argv[1], 'rb').read()[16:])"
    command = [sys.executable, "-S", "-c", f"{read}; print({COLLECTIONS})"]
    bare = int(subprocess.check_output([*command, runtime / "start.pyc"]))
    source = f"import gc\ncount = {COLLECTIONS}\ndef handler(event, context): return count\n"
    assert answer(runtime, tmp_path, source) <= bare


def test_without_it_the_same_modules_come_from_their_files(runtime: Path, tmp_path: Path) -> None:
    (runtime / "start.pyc").unlink()
    assert loaded(runtime, tmp_path) == dict.fromkeys(MODULES, "SourceFileLoader")


def test_modules_beyond_it_are_found_beside_it(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): raise KeyError('k')")
    with RuntimeApi([Invocation()]) as api:
        environ = lambda_environment(api.address, tmp_path)
        command = [sys.executable, "-S", str(runtime / "start.pyc"), "app.handler"]
        with Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.DEVNULL) as it:
            (answer,) = api.wait_for(1, Route.ERROR)
            it.kill()
    assert b"'k'" in answer.body
    assert b"surefoot/_runtime/loop.py" not in answer.body
