from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.surefoot_tools.doctor.checking import Files, codes, in_root, write
from tests.unit.surefoot_tools.doctor.elves import AARCH64, elf

LIBRARY = "var/lang/lib/python3.13"


def _image(top: Path, files: Files) -> Path:
    write(top, {f"{LIBRARY}/os.py": ""})
    return write(top, {f"var/task/{name}": content for name, content in files.items()})


def _wheel(tag: str, **files: bytes) -> Files:
    names = {f"pkg/{name.replace('__', '.')}.so": content for name, content in files.items()}
    record = "".join(f"{name},,\n" for name in names)
    return {**names, "pkg-1.dist-info/RECORD": record, "pkg-1.dist-info/WHEEL": f"Tag: {tag}\n"}


def test_a_library_for_another_machine_is_found(tmp_path: Path) -> None:
    (finding,) = in_root("architecture", _image(tmp_path, {"own.so": elf(machine=AARCH64)}))
    assert finding.code == "SF502"
    assert "is for arm64; the image is linux/amd64" in finding.message


@pytest.mark.parametrize("content", [elf(machine=AARCH64), b"\xcf\xfa\xed\xfe" + bytes(40)])
def test_a_wheel_for_another_machine_or_system_is_named(tmp_path: Path, content: bytes) -> None:
    _image(tmp_path, _wheel("cp313-cp313-macosx_11_0_arm64", a=content, b=content))
    (finding,) = in_root("architecture", tmp_path)
    assert finding.code == "SF502"
    assert finding.message.startswith("pkg 1 (cp313-cp313-macosx_11_0_arm64) is for ")


def test_wheels_for_several_machines_or_any_are_left_alone(tmp_path: Path) -> None:
    several = _wheel("py3-none-manylinux2014_x86_64", a=elf(), b=elf(machine=AARCH64))
    assert in_root("architecture", _image(tmp_path / "several", several)) == []
    data = _wheel("py3-none-any", a=elf(machine=AARCH64))
    assert in_root("architecture", _image(tmp_path / "any", data)) == []


def test_the_images_own_machine_is_no_finding(tmp_path: Path) -> None:
    assert in_root("architecture", _image(tmp_path, {"own.so": elf(), "bin/tool": elf()})) == []


def test_an_extension_module_for_another_python_is_found(tmp_path: Path) -> None:
    _image(
        tmp_path, _wheel("cp311-cp311-linux_x86_64", **{"_c__cpython-311-x86_64-linux-gnu": elf()})
    )
    (finding,) = in_root("architecture", tmp_path)
    assert finding.code == "SF504"
    assert "compiled for Python 3.11; the image has Python 3.13" in finding.message


@pytest.mark.parametrize(
    "names",
    [
        ["_c__cpython-313-x86_64-linux-gnu"],
        ["_c__abi3"],
        ["_c"],
        ["_c__cpython-311-x86_64-linux-gnu", "_c__cpython-313-x86_64-linux-gnu"],
    ],
)
def test_modules_that_this_python_loads_are_no_finding(tmp_path: Path, names: list[str]) -> None:
    _image(tmp_path, _wheel("cp313-cp313-linux_x86_64", **dict.fromkeys(names, elf())))
    assert in_root("architecture", tmp_path) == []


@pytest.mark.parametrize(
    "content", [elf({"libc.so.6": ["GLIBC_2.2.5"]})[:200], b"\x7fELF", b"version https://git-lfs\n"]
)
def test_a_damaged_library_is_found(tmp_path: Path, content: bytes) -> None:
    assert codes(in_root("architecture", _image(tmp_path, {"own.so": content}))) == ["SF505"]


def test_a_linker_script_and_other_texts_are_no_finding(tmp_path: Path) -> None:
    assert in_root("architecture", _image(tmp_path, {"libx.so": "INPUT(libx.so.1)\n"})) == []
