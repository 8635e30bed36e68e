"""The search path, as an interpreter without ``site`` gets it; each case in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import RUNTIME
from tests.unit.home import BASE_PYTHON, make_home

SHOW = """
import sys
sys.path[: not sys.path[0]] = [sys.argv[1]]
from surefoot._runtime import module_path
module_path.prepare(sys.argv[2], sys.argv[3], eval(sys.argv[4]))
site = 'site' in sys.modules
import builtins, json
print(json.dumps([sys.path, site, hasattr(builtins, 'exit'), hasattr(builtins, 'help')]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python installation without packages, as in the image."""
    return make_home(tmp_path_factory.mktemp("home"))


def show(home: Path, task_root: str = "", *options: str, **environ: str) -> tuple[Any, ...]:
    """sys.path, whether ``site`` ran, and whether its gifts are there."""
    arguments = [str(RUNTIME), "/work-dir", task_root, repr(environ)]
    command = [BASE_PYTHON, *(options or ["-S"]), "-c", SHOW, *arguments]
    variables = {"PATH": os.defpath, "PYTHONHOME": str(home), **environ}
    done = subprocess.run(command, check=True, capture_output=True, env=variables)
    return tuple(json.loads(done.stdout))


def packages(home: Path) -> str:
    return str(next(home.glob("lib/python*")) / "site-packages")


def count_by_site(home: Path) -> int:
    """How often Python's own site module adds that folder: once, but Debian's looks elsewhere."""
    command = [BASE_PYTHON, "-s", "-c", "import json, sys; print(json.dumps(sys.path))"]
    variables = {"PATH": os.defpath, "PYTHONHOME": str(home)}
    path: list[str] = json.loads(subprocess.check_output(command, env=variables))
    return path.count(packages(home))


def test_the_plain_case_gets_what_site_would_give_without_it(home: Path) -> None:
    path, site, has_exit, has_help = show(home, "/task")
    assert path[:2] == ["/work-dir", "/task"]
    assert packages(home) in path
    assert (site, has_exit, has_help) == (False, True, True)


def test_the_runtimes_own_directory_is_searched_last(home: Path) -> None:
    path, *_ = show(home)
    assert path.count(str(RUNTIME)) == 1
    assert path.index(str(RUNTIME)) > path.index(packages(home)) - 2
    assert path[-1] == f"{RUNTIME}/surefoot/compat/packages"


def test_the_task_root_is_there_once(home: Path) -> None:
    path, *_ = show(home, "/work-dir")
    assert path.count("/work-dir") == 1
    assert "" not in path


@pytest.mark.parametrize("name", ["x.pth", "sitecustomize.py", "usercustomize.py"])
def test_packages_that_configure_the_interpreter_get_site_itself(tmp_path: Path, name: str) -> None:
    home = make_home(tmp_path)
    Path(packages(home), name).write_text("")
    path, site, has_exit, _ = show(home)
    assert (site, has_exit) == (True, True)
    assert path.count(packages(home)) == count_by_site(home)


def test_the_images_own_path_file_needs_no_site(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    names = f"{RUNTIME}/surefoot/compat/packages"
    Path(packages(home), "surefoot.pth").write_text(f"{RUNTIME}\n{names}\n")
    path, site, *_ = show(home)
    assert not site
    assert (path.count(str(RUNTIME)), path[-1]) == (1, names)
    path, site, *_ = show(home, "/task", "-s")
    assert site
    assert [path.count(str(RUNTIME)), path.count(names)] == [1, 1]


def test_a_pythonpath_gets_site_itself(home: Path) -> None:
    assert show(home, "", PYTHONPATH="/layer")[1]


def test_no_packages_directory_gets_site_itself(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    Path(packages(home)).rmdir()
    assert show(home)[1]


def test_an_interpreter_that_ran_site_keeps_its_path(home: Path) -> None:
    path, site, *_ = show(home, "/task", "-s")
    assert site
    assert path.count(packages(home)) == count_by_site(home)


def test_path_files_next_to_the_function_are_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "extra").mkdir()
    (tmp_path / "pinned.pth").write_text("extra\n")
    path, *_ = show(home, str(tmp_path))
    assert path.index(str(tmp_path)) < path.index(str(tmp_path / "extra"))


def test_layers_follow_the_function_and_precede_everything_else(home: Path, tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    layers = str(tmp_path / "python")
    given = f"module_path._LAYERS = {layers!r}\nmodule_path.prepare"
    source = SHOW.replace("module_path.prepare", given)
    arguments = [str(RUNTIME), "/work-dir", "/task", "{}"]
    variables = {"PATH": os.defpath, "PYTHONHOME": str(home)}
    command = [BASE_PYTHON, "-S", "-c", source, *arguments]
    path = json.loads(subprocess.check_output(command, env=variables))[0]
    version = Path(packages(home)).parent.name
    assert path[:4] == ["/work-dir", "/task", f"{layers}/lib/{version}/site-packages", layers]


@pytest.mark.parametrize("by_home", [False, True])
def test_the_site_of_the_user_is_on_the_path(home: Path, tmp_path: Path, by_home: bool) -> None:
    version = Path(packages(home)).parent.name
    base = tmp_path / ".local" if by_home else tmp_path
    site_packages = base / "lib" / version / "site-packages"
    site_packages.mkdir(parents=True)
    environ = {"HOME": str(tmp_path)} if by_home else {"PYTHONUSERBASE": str(tmp_path)}
    path, *_ = show(home, "/task", "-S", **environ)
    assert str(site_packages) in path
