from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.context import Image
from tests.unit.surefoot_tools.doctor.checking import Files, codes, in_folder, in_root, write

METADATA = "enum34-1.1.10.dist-info"


NEEDS = {
    "pickle.py": "import logging.handlers\n",
    "random.py": "import tempfile\n",
    "email/__init__.py": "import urllib.request\n",
    "types.so": "import enum\n",
    "token.py": "import inspect\n",
}
HANDLER = "def handler(event, context): ...\n"


@pytest.mark.parametrize("name", NEEDS)
def test_a_module_that_the_standard_library_needs_is_found(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "x = 1\n", "app.py": NEEDS[name] + HANDLER})
    (finding,) = in_folder("shadowing", tmp_path, "app.handler")
    assert (finding.code, finding.path) == ("SF202", f"/var/task/{name}")
    assert "shadows" in finding.message


@pytest.mark.parametrize("name", [*NEEDS, "code.py", "io.py", "sys.py", "calendar/__init__.py"])
def test_one_that_nothing_needs_or_only_own_code_is_no_finding(tmp_path: Path, name: str) -> None:
    module = name.partition(".")[0].partition("/")[0]
    use = f"import {module}\n" if module not in ("io", "sys") else ""
    write(tmp_path, {name: "x = 1\n", "app.py": f"{use}import time\n{HANDLER}"})
    assert in_folder("shadowing", tmp_path, "app.handler") == []


def test_what_only_tests_import_is_no_finding(tmp_path: Path) -> None:
    files: Files = {"code.py": "", "tests/test_app.py": "import pdb\n", "app.py": HANDLER}
    assert in_folder("shadowing", write(tmp_path, files)) == []


def test_a_module_that_an_installed_package_needs_is_found(tmp_path: Path) -> None:
    record = "lib.py,,\nlib-1.0.dist-info/RECORD,,\n"
    files: Files = {"lib.py": "import code\n", "lib-1.0.dist-info/RECORD": record}
    write(tmp_path, {**files, "code.py": "", "app.py": f"import lib\n{HANDLER}"})
    (finding,) = in_folder("shadowing", tmp_path, "app.handler")
    assert "which lib imports" in finding.message


@pytest.mark.parametrize("name", ["sys", "io"])
def test_one_that_python_has_loaded_before_is_never_imported(tmp_path: Path, name: str) -> None:
    write(tmp_path, {f"{name}.py": "", "app.py": f"import {name}\n{HANDLER}"})
    (finding,) = in_folder("shadowing", tmp_path, "app.handler")
    assert "never imported" in finding.message


def test_a_backport_is_named_with_its_distribution(tmp_path: Path) -> None:
    record = f"enum/__init__.py,,\n{METADATA}/RECORD,,\n"
    write(tmp_path, {"enum/__init__.py": "", f"{METADATA}/RECORD": record})
    write(tmp_path, {"app.py": f"import re\n{HANDLER}"})
    (finding,) = in_folder("shadowing", tmp_path, "app.handler")
    assert "enum34 1.1.10" in finding.message
    assert "uninstall enum34" in finding.remedy


@pytest.mark.parametrize(
    "name", ["app.py", "email/notes.txt", "pkg/json.py", "this.py", "json.txt", "tests/__init__.py"]
)
def test_other_names_data_folders_and_inner_modules_are_no_finding(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path, {"main.py": f"import logging.config\n{HANDLER}", name: ""})
    assert in_folder("shadowing", tmp_path) == []


def test_the_runtimes_name_is_an_error_and_awss_client_a_warning(tmp_path: Path) -> None:
    write(tmp_path, {"surefoot.py": "", "surefoot_tools/__init__.py": ""})
    write(tmp_path, {"awslambdaric/__init__.py": ""})
    assert codes(in_folder("shadowing", tmp_path)) == ["SF210"]  # not imported: harmless
    write(tmp_path, {"app.py": f"from surefoot import mine\nimport surefoot_tools\n{HANDLER}"})
    assert sorted(codes(in_folder("shadowing", tmp_path))) == ["SF203", "SF203", "SF210"]


def test_surefoot_installed_where_no_base_image_has_it_is_the_runtime(tmp_path: Path) -> None:
    folder = "surefoot-0.1.0.dist-info"
    files = {"surefoot/__init__.py": "", f"{folder}/RECORD": "surefoot/__init__.py,,\n"}
    write(tmp_path, {f"var/task/{name}": content for name, content in files.items()})
    assert in_root("shadowing", tmp_path) == []
    write(tmp_path, {"var/runtime/surefoot/__init__.py": ""})
    assert codes(in_root("shadowing", tmp_path)) == ["SF203"]


def test_awss_client_is_no_finding_where_the_image_starts_it(tmp_path: Path) -> None:
    write(tmp_path, {"var/task/awslambdaric/__init__.py": ""})
    image = Image(entrypoint=("python", "-m", "awslambdaric"), command=("app.handler",))
    assert in_root("shadowing", tmp_path, "app.handler", image) == []
