from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.process import RUNTIME
from tests.unit.surefoot_tools.doctor.checking import Files, codes, in_folder, in_root, write

FUNCTIONS = RUNTIME.parent / "functions"
APP = "class Job:\n    def run(self, event, context): ...\ndef handler(event, context): ...\n"


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"app.py": APP}, "app.handler"),
        ({"app.py": APP}, "app.Job.run"),
        ({"pkg/app.py": APP}, "pkg/app.handler"),
        ({"pkg/__init__.py": "", "pkg/app.py": APP}, "pkg.app.handler"),
        ({"app.py": "from other import *\n"}, "app.handler"),
        ({"app.py": "def __getattr__(name): ...\n"}, "app.handler"),
        ({"app.py": "if 1:\n    handler = print\n"}, "app.handler"),
        ({"app.py": "a, (handler, b) = 1, (print, 2)\n"}, "app.handler"),
        ({"app.py": "from other import main as handler\n"}, "app.handler"),
        ({"app.py": "globals()['handler'] = print\n"}, "app.handler"),
        ({"app.py": "class Job(Base): ...\n"}, "app.Job.run"),
        ({"app.pyc": b"\0" * 20}, "app.handler"),
        ({"function.sh": "handler () {\n  :\n}\n"}, "function.handler"),
        ({"function.sh": "function handler {\n  :\n}\n"}, "function.handler"),
        ({"function.sh": ". ./lib.sh\n"}, "function.handler"),
        ({"src/app.py": APP}, "app.handler"),
        ({"app.py": "\udcff".encode("utf-8", "surrogateescape")}, "app.handler"),
    ],
)
def test_a_handler_that_resolves_or_may_is_no_finding(
    tmp_path: Path, files: Files, handler: str
) -> None:
    assert in_folder("handler", write(tmp_path, files), handler) == []


@pytest.mark.parametrize(
    ("files", "handler", "said"),
    [
        ({"app.py": APP}, "app.handlr", "did you mean 'handler'?"),
        ({"app.py": APP}, "ap.handler", "did you mean 'app'?"),
        ({"app.py": APP}, "app.Job.go", "class Job does not have"),
        ({"app.py": APP}, "app.py", "names 'py'"),
        ({"app.py": APP}, "handler", "not of the form module.function"),
        ({"app.py": APP}, "/var/task/app.handler", "not of the form module.function"),
        ({"app.py": APP}, "..handler", "not of the form module.function"),
        ({"sys.py": APP}, "sys.handler", "built into Python"),
        ({"app/__init__.py": "", "app/main.py": APP}, "app.main", "names 'main'"),
        ({"function.sh": "handler() { :; }\n"}, "function.handle", "did you mean 'handler'?"),
        ({}, "app.handler", "neither app.py nor app.sh"),
    ],
)
def test_a_handler_that_does_not_resolve_is_found(
    tmp_path: Path, files: Files, handler: str, said: str
) -> None:
    (finding,) = in_folder("handler", write(tmp_path, files), handler)
    assert finding.code == "SF201"
    assert said in finding.message


def test_the_remedy_follows_the_mistake(tmp_path: Path) -> None:
    write(tmp_path, {"app/__init__.py": "", "app/main.py": APP})
    assert "app.main.handler" not in in_folder("handler", tmp_path, "app.main")[0].message
    assert "main.handler" in in_folder("handler", tmp_path, "app.main")[0].remedy


def test_an_image_whose_module_lies_deeper_names_it_in_full(tmp_path: Path) -> None:
    write(tmp_path, {"var/task/src/app.py": APP})
    (finding,) = in_root("handler", tmp_path, "app.handler")
    assert "src/app.handler" in finding.remedy


@pytest.mark.parametrize(
    ("name", "handler"), [("echo", "app.handler"), ("shell", "function.handler")]
)
def test_the_projects_own_functions_resolve(name: str, handler: str) -> None:
    assert in_folder("handler", FUNCTIONS / name, handler) == []
    assert codes(in_folder("missing_imports", FUNCTIONS / name, handler)) == []


def test_a_folder_without_code_defines_no_handler(tmp_path: Path) -> None:
    write(tmp_path, {"app/data.json": "", "pkg/handler.py": "def run(event, context): ...\n"})
    [finding] = in_folder("handler", tmp_path, "app.handler")
    assert "in the folder app, which has no code" in finding.message
    [finding] = in_folder("handler", tmp_path, "pkg.handler")
    assert "pkg.handler.handler" in finding.remedy
    write(tmp_path, {"app.sh": "handler() { :; }\n"})
    assert in_folder("handler", tmp_path, "app.handler") == []
