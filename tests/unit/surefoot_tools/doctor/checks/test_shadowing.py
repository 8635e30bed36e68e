from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.surefoot_tools.doctor.checking import codes, in_folder, in_root, write

METADATA = "enum34-1.1.10.dist-info"


@pytest.mark.parametrize("name", ["json.py", "random.py", "email/__init__.py", "types.so"])
def test_a_module_with_a_standard_name_is_found(tmp_path: Path, name: str) -> None:
    (finding,) = in_folder("shadowing", write(tmp_path, {name: "x = 1\n"}))
    assert (finding.code, finding.path) == ("SF202", f"/var/task/{name}")
    assert "shadows" in finding.message


def test_one_with_a_built_in_name_is_told_to_be_never_imported(tmp_path: Path) -> None:
    (finding,) = in_folder("shadowing", write(tmp_path, {"sys.py": ""}))
    assert "never imported" in finding.message


def test_a_backport_is_named_with_its_distribution(tmp_path: Path) -> None:
    record = f"enum/__init__.py,,\n{METADATA}/RECORD,,\n"
    write(tmp_path, {"enum/__init__.py": "", f"{METADATA}/RECORD": record})
    (finding,) = in_folder("shadowing", tmp_path)
    assert "enum34 1.1.10" in finding.message
    assert "uninstall enum34" in finding.remedy


@pytest.mark.parametrize(
    "name", ["app.py", "email/notes.txt", "pkg/json.py", "this.py", "json.txt", "tests/__init__.py"]
)
def test_other_names_data_folders_and_inner_modules_are_no_finding(
    tmp_path: Path, name: str
) -> None:
    assert in_folder("shadowing", write(tmp_path, {name: ""})) == []


def test_the_runtimes_name_is_an_error_and_awss_client_a_warning(tmp_path: Path) -> None:
    write(tmp_path, {"surefoot.py": "", "awslambdaric/__init__.py": ""})
    assert sorted(codes(in_folder("shadowing", tmp_path))) == ["SF203", "SF210"]


def test_surefoot_installed_where_no_base_image_has_it_is_the_runtime(tmp_path: Path) -> None:
    folder = "surefoot-0.1.0.dist-info"
    files = {"surefoot/__init__.py": "", f"{folder}/RECORD": "surefoot/__init__.py,,\n"}
    write(tmp_path, {f"var/task/{name}": content for name, content in files.items()})
    assert in_root("shadowing", tmp_path) == []
    write(tmp_path, {"var/runtime/surefoot/__init__.py": ""})
    assert codes(in_root("shadowing", tmp_path)) == ["SF203"]
