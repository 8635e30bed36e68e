from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from surefoot_tools.doctor.context import Image
from tests.support.process import RUNTIME
from tests.unit.surefoot_tools.doctor.checking import Files, codes, in_folder, in_root, write

SITE = "var/lang/lib/python3.13/site-packages"


def _image(top: Path, files: Files) -> Path:
    base: Files = {"var/lang/lib/python3.13/os.py": "", "var/lang/lib/python3.13/json.py": ""}
    return write(top, base | {f"var/task/{name}": content for name, content in files.items()})


@pytest.mark.parametrize(
    "source",
    [
        "import os, sys, json\n",
        "try:\n    import requests\nexcept ImportError:\n    requests = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import requests\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import requests\n",
        "def handler(event, context):\n    import requests\n",
        "import sys\nsys.path.append('/opt/python')\nimport requests\n",
        "from helper import name, Klass\n",
        "import pkg.inner\nfrom pkg import inner\n",
    ],
)
def test_imports_that_work_or_may_are_no_finding(tmp_path: Path, source: str) -> None:
    helper = "name = 1\nclass Klass: ...\n"
    files: Files = {
        "app.py": source,
        "helper.py": helper,
        "pkg/__init__.py": "",
        "pkg/inner.py": "",
    }
    _image(tmp_path, files)
    # contextlib and typing are pure Python: an image has them as files, or not at all.
    write(tmp_path, {f"var/lang/lib/python3.13/{name}.py": "" for name in ("typing", "contextlib")})
    assert in_root("missing_imports", tmp_path, "app.handler") == []


@pytest.mark.parametrize(
    ("files", "said", "path", "line"),
    [
        ({"app.py": "import os\nimport requests\n"}, "not in the image", "app.py", 2),
        ({"app.py": "import helpr\n", "helper.py": ""}, "did you mean 'helper'", "app.py", 1),
        ({"app.py": "import a\n", "a.py": "import requests"}, "'requests'", "a.py", 1),
        ({"app.py": "from .a import b\n", "a.py": "b = 1"}, "not in a package", "app.py", 1),
        ({"app.py": "from a import c\n", "a.py": "b = 1"}, "does not define", "app.py", 1),
        ({"app.py": "import p.q\n", "p/__init__.py": ""}, "package p does not have", "app.py", 1),
        ({"app.py": "import tkinter\n"}, "'tkinter'", "app.py", 1),
        ({"app.py": "import x\n", "vendor/x.py": ""}, "is in /var/task/vendor", "app.py", 1),
    ],
)
def test_an_import_that_finds_nothing_is_found(
    tmp_path: Path, files: Files, said: str, path: str, line: int
) -> None:
    (finding,) = in_root("missing_imports", _image(tmp_path, files), "app.handler")
    assert (finding.code, finding.path, finding.line) == ("SF208", f"/var/task/{path}", line)
    assert said in finding.message


def test_what_site_packages_and_path_files_bring_is_there(tmp_path: Path) -> None:
    _image(tmp_path, {"app.py": "import requests\nimport linked\n"})
    write(
        tmp_path,
        {
            f"{SITE}/requests/__init__.py": "",
            f"{SITE}/here.pth": "/opt/linked\nimport x\n",
            "opt/linked/linked.py": "",
        },
    )
    assert in_root("missing_imports", tmp_path, "app.handler") == []


def test_of_a_folder_nobody_knows_what_the_image_adds(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "import requests\nimport own.gone\n", "own/__init__.py": ""})
    (finding,) = in_folder("missing_imports", tmp_path, "app.handler")
    assert "own.gone" in finding.message


@pytest.mark.parametrize("source", ["def handler(:\n", "return 1\n", "x = '\0'\n", b"x = '\xff'\n"])
def test_a_file_that_does_not_compile_is_found(tmp_path: Path, source: str | bytes) -> None:
    write(tmp_path, {"app.py": source})
    assert codes(in_folder("missing_imports", tmp_path, "app.handler")) == ["SF209"]


def test_a_syntax_error_has_its_line_and_spares_odd_but_valid_sources(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "import odd\n\ndef handler(:\n", "odd.py": ""})
    assert in_folder("missing_imports", tmp_path, "app.handler")[0].line == 3
    latin = "# -*- coding: latin-1 -*-\nx = 'é'\ny = '\\d'\n".encode("latin-1")
    write(tmp_path, {"app.py": latin})
    assert in_folder("missing_imports", tmp_path, "app.handler") == []


def test_code_that_nests_too_deep_for_this_interpreter_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "x = " + "-" * 20_000 + "1\n"})
    assert codes(in_folder("missing_imports", tmp_path, "app.handler")) in ([], ["SF209"])


@pytest.mark.parametrize(
    "variables",
    [
        {"VIRTUAL_ENV": "/var/task/.venv"},
        {"PATH": "/var/task/.venv/bin:/usr/bin"},
        {"SUREFOOT_PYTHON": "/var/task/.venv/bin/python"},
    ],
)
def test_what_an_active_virtual_environment_has_is_no_finding(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    package = ".venv/lib/python3.13/site-packages/requests/__init__.py"
    _image(tmp_path, {"app.py": "import requests\n", ".venv/pyvenv.cfg": "", package: ""})
    assert codes(in_root("missing_imports", tmp_path, "app.handler")) == ["SF208"]
    image = Image(variables=variables)
    assert in_root("missing_imports", tmp_path, "app.handler", image) == []


@pytest.mark.parametrize(
    "place",
    [
        "opt/python/requests.py",
        "opt/python/lib/python3.13/site-packages/requests.py",
        "tmp/.local/lib/python3.13/site-packages/requests.py",
    ],
)
def test_layers_and_the_users_packages_are_no_finding(tmp_path: Path, place: str) -> None:
    write(_image(tmp_path, {"app.py": "import requests\n"}), {place: ""})
    assert in_root("missing_imports", tmp_path, "app.handler") == []


def test_pth_files_of_the_task_root_are_followed(tmp_path: Path) -> None:
    _image(tmp_path, {"app.py": "import requests\n", "x.pth": "lib\n", "lib/requests.py": ""})
    assert in_root("missing_imports", tmp_path, "app.handler") == []


@pytest.mark.parametrize(
    "newer",
    [
        "lazy import json\n",
        "type X = int\n",
        "def f[T](x: T) -> T: ...\n",
        "x = t'{1}'\n",
        "try: ...\nexcept A, B: ...\n",
        "x = f'{d['key']}'\n",
        "try: ...\nexcept* A: ...\n",
    ],
)
def test_grammar_of_a_later_python_is_no_finding_in_a_folder(tmp_path: Path, newer: str) -> None:
    write(tmp_path, {"app.py": f"{newer}def handler(event, _): ...\n"})
    assert in_folder("missing_imports", tmp_path, "app.handler") == []


def test_grammar_of_a_later_python_is_found_in_an_image_with_an_older_one(tmp_path: Path) -> None:
    library = "var/lang/lib/python3.10"
    write(tmp_path, {f"{library}/os.py": "", "var/task/app.py": "try: ...\nexcept* A: ...\n"})
    assert codes(in_root("missing_imports", tmp_path, "app.handler")) == ["SF209"]


def test_awss_names_are_found_where_the_image_has_them(tmp_path: Path) -> None:
    source = "import bootstrap\nfrom awslambdaric.lambda_context import LambdaContext\n"
    names = tmp_path / "var/runtime/surefoot/compat/packages"
    shutil.copytree(RUNTIME / "surefoot/compat/packages", names)
    shutil.copy(RUNTIME / "bootstrap.py", tmp_path / "var/runtime")
    _image(tmp_path, {"app.py": source})
    assert in_root("missing_imports", tmp_path, "app.handler") == []
