"""Debian's CPythons out of unpacked packages: laid out as CPython's own, without links outside."""

from __future__ import annotations

import io
import json
import shutil
import site
import sys
import tarfile
from pathlib import Path

import pytest

from rie.errors import UserError
from rie.images import debian_python, interpreter
from surefoot_tools.doctor.image import elf

SCHEME = "prefix_scheme = 'posix_local'\n"
DETAILS = json.dumps({"language": {"version_info": {"major": 3, "minor": 14, "micro": 10}}})
PROGRAM = Path("/bin/sh").resolve()


def write_packages(folder: Path, scheme: str = SCHEME) -> None:
    """What bootstrap/local-base leaves, with a program and one library that it needs."""
    library = elf.read(PROGRAM.read_bytes()).needed[0]
    files = {f"usr/lib/any-linux-gnu/{library}": PROGRAM.read_bytes()}
    for version in debian_python.VERSIONS:
        home = f"usr/lib/python{version}"
        files |= {
            f"usr/bin/python{version}": PROGRAM.read_bytes(),
            f"{home}/sysconfig/__init__.py": scheme.encode(),
            f"{home}/build-details..any-linux-gnu.json": DETAILS.encode(),
            f"{home}/_distutils_system_mod.py": b"",
            f"{home}/os.py": b"",
        }
    with tarfile.open(folder / "pythons.tar", "w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"root/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("root/usr/lib/python3.14/sitecustomize.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/python3.14/sitecustomize.py"
        archive.addfile(link)


def test_each_is_packed_with_cpythons_paths_and_a_way_to_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_packages(tmp_path)
    found = list(debian_python.unpack(tmp_path))
    assert [python.number for python in found] == ["3.14.10", "3.14.10"]
    interpreter.pack(found[0], tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        names = set(archive.getnames())
        scheme = archive.extractfile("python/lib/python3.14/sysconfig/__init__.py")
        path_file = archive.extractfile("python/lib/python3.14/dist-packages/site-packages.pth")
        assert scheme
        assert path_file
        assert b"posix_prefix" in scheme.read()
        line = path_file.read().decode()
    prefix = "/some/where"
    added: list[str] = []
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(site, "addsitedir", added.append)
    assert line.startswith("import "), "site executes such lines"
    exec(line)  # noqa: S102
    assert added == [
        f"{prefix}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    ]
    assert "python/bin/python3.14" in names
    assert "python/lib/python3.14/site-packages/pip/__init__.py" in names
    assert not [name for name in names if "sitecustomize" in name or "_distutils_system" in name]


def test_libraries_that_the_programs_name_are_found_in_the_packages_alone(tmp_path: Path) -> None:
    folder = tmp_path / "usr"
    folder.mkdir()
    library = elf.read(PROGRAM.read_bytes()).needed[0]
    shutil.copy(PROGRAM, folder / library)
    assert dict(interpreter._needed([PROGRAM], [folder])) == {library: folder / library}
    assert dict(interpreter._needed([PROGRAM], [tmp_path])) == {}


def test_what_debian_changed_otherwise_is_an_error_that_names_the_place(tmp_path: Path) -> None:
    write_packages(tmp_path, scheme="prefix_scheme = 'another'\n")
    with pytest.raises(UserError, match=r"python3\.14/sysconfig/__init__\.py is not as expected"):
        list(debian_python.unpack(tmp_path))
