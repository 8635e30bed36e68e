"""Bytecode that is never compared with its source."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot_tools.seal.bytecode import compile_trees, is_current
from tests.support.process import RUNTIME

UNCHECKED = 1


def flags(source: Path) -> int:
    compiled = Path(importlib.util.cache_from_source(str(source)))
    return int.from_bytes(compiled.read_bytes()[4:8], "little")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pkg" / "deep").mkdir(parents=True)
    for name in ("app", "pkg/__init__", "pkg/deep/x"):
        (tmp_path / f"{name}.py").write_text(f"NAME = {name!r}\n")
    return tmp_path


def test_every_source_gets_bytecode_that_nobody_compares(tree: Path) -> None:
    done = compile_trees([str(tree)])
    assert (len(done.new), done.current, done.failed) == (3, 0, {})
    assert {flags(path) for path in tree.rglob("*.py")} == {UNCHECKED}


def test_what_is_current_is_not_written_again(tree: Path) -> None:
    compile_trees([str(tree)])
    before = {path: path.stat().st_mtime_ns for path in tree.rglob("*.pyc")}
    done = compile_trees([str(tree)])
    assert (done.new, done.current) == ([], 3)
    assert {path: path.stat().st_mtime_ns for path in tree.rglob("*.pyc")} == before


def test_a_changed_source_is_compiled_anew_whatever_its_times(tree: Path) -> None:
    compile_trees([str(tree)])
    app = tree / "app.py"
    status = app.stat()
    app.write_text("NAME = 'new'\n")
    os.utime(app, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert compile_trees([str(tree)]).new == [str(app)]


@pytest.mark.parametrize("mode", ["TIMESTAMP", "CHECKED_HASH"])
def test_bytecode_of_another_form_is_replaced(tree: Path, mode: str) -> None:
    app = str(tree / "app.py")
    py_compile.compile(app, invalidation_mode=py_compile.PycInvalidationMode[mode])
    assert not is_current(app)
    assert compile_trees([str(tree)]).replaced == 1
    assert is_current(app)
    assert compile_trees([str(tree)]).replaced == 0


def test_a_file_that_does_not_compile_stops_nothing(tree: Path) -> None:
    (tree / "template.py").write_text("def {{ name }}():\n")
    done = compile_trees([str(tree)])
    assert len(done.new) == 3
    assert list(done.failed) == [str(tree / "template.py")]
    assert "invalid syntax" in done.failed[str(tree / "template.py")]


def test_many_files_are_compiled_by_several_processes(tmp_path: Path) -> None:
    for number in range(250):
        (tmp_path / f"m{number}.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("x = = 1\n")
    done = compile_trees([str(tmp_path)])
    assert (len(done.new), len(done.failed)) == (250, 1)


def test_the_processes_leave_nothing_that_the_doctor_would_find(tmp_path: Path) -> None:
    tree, temporary = tmp_path / "tree", tmp_path / "temporary"
    tree.mkdir()
    temporary.mkdir()
    for number in range(150):
        (tree / f"m{number}.py").write_text("x = 1\n")
    program = f"""
import multiprocessing, os
from surefoot_tools.seal.bytecode import compile_trees
multiprocessing.set_start_method("forkserver")  # the default from 3.14 on
print(len(compile_trees([{str(tree)!r}]).new), os.listdir({str(temporary)!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"TMPDIR": str(temporary), "PYTHONPATH": str(RUNTIME)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "150 []\n"


def test_python_imports_it_without_a_look_at_the_source(tree: Path) -> None:
    compile_trees([str(tree)])
    (tree / "app.py").write_text("NAME = 'changed since'\n")
    command = [sys.executable, "-c", "import app; print(app.NAME)"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True)
    assert done.stdout == "app\n"
