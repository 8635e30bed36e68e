from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.python.reachable import may_run, reachable_files
from tests.unit.surefoot_tools.doctor.checking import Files, write
from tests.unit.surefoot_tools.doctor.trees import task

HANDLER = "def handler(event, context): ...\n"
PROJECT: Files = {
    "app.py": f"import used\n{HANDLER}",
    "used.py": "def late():\n    from pkg import inner\n",
    "pkg/__init__.py": "",
    "pkg/inner.py": "from . import sibling\nif 1:\n    import maybe\n",
    "pkg/sibling.py": "",
    "maybe.py": "",
    "unused.py": "",
    "training/train.py": "",
    "tests/test_app.py": "import app, unused\n",
}
REACHED = ["app.py", "used.py", "pkg/__init__.py", "pkg/inner.py", "pkg/sibling.py", "maybe.py"]


def reached(folder: Path, handler: str = "") -> list[str]:
    context = task(folder, handler)
    return [path.removeprefix("/var/task/") for path in reachable_files(context)]


@pytest.mark.parametrize("handler", ["app.handler", ""])
def test_what_the_handler_imports_at_any_depth_is_reachable(tmp_path: Path, handler: str) -> None:
    assert sorted(reached(write(tmp_path, PROJECT), handler)) == sorted(REACHED)


def test_without_a_handler_all_but_tests_and_scripts_is_reachable(tmp_path: Path) -> None:
    write(tmp_path, {"lib.py": "", "function.sh": "", "tests/test_x.py": "", "ci/build.py": ""})
    write(tmp_path, {"conftest.py": "", ".github/tool.py": ""})
    assert reached(tmp_path) == ["lib.py"]
    assert reached(tmp_path, "function.handler") == ["lib.py"]


def test_modules_that_are_named_while_it_runs_may_be_any(tmp_path: Path) -> None:
    source = f"import importlib\nimportlib.import_module('x' + 'y')\n{HANDLER}"
    write(tmp_path, {**PROJECT, "app.py": source})
    assert "unused.py" in reached(tmp_path, "app.handler")
    assert "tests/test_app.py" not in reached(tmp_path, "app.handler")


def test_virtual_environments_are_not_the_functions_own_code(tmp_path: Path) -> None:
    write(tmp_path, {".venv/pyvenv.cfg": "", ".venv/lib/python3.13/site-packages/_x.py": ""})
    write(tmp_path, {"env/pyvenv.cfg": "", "env/bin/tool.py": ""})
    assert reached(tmp_path) == []


def test_a_script_runs_if_reachable_code_names_it_or_the_handler_is_in_shell(
    tmp_path: Path,
) -> None:
    write(tmp_path, {**PROJECT, "used.py": "RUN = 'bin/run.sh'\n"})
    scripts = ("/var/task/bin/run.sh", "/var/task/other.sh", "/var/task/scripts/ci.sh")
    assert [may_run(task(tmp_path), script) for script in scripts] == [True, False, False]
    shell = task(write(tmp_path / "shell", {"function.sh": ""}), "function.handler")
    assert [may_run(shell, script) for script in scripts] == [True, True, False]
