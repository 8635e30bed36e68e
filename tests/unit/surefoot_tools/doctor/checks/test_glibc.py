from __future__ import annotations

import sys
from pathlib import Path

from surefoot_tools.doctor import inspection
from surefoot_tools.doctor.context import Image
from tests.support import glibc_audit
from tests.unit.surefoot_tools.doctor.checking import Files, codes, in_folder, in_root, write
from tests.unit.surefoot_tools.doctor.elves import AARCH64, X86_64, elf

WHEEL = "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_28_x86_64\n"
OLD = ["GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.26"]


def _wheel(*, needs: dict[str, list[str]], weak: bool = False, name: str = "fast") -> Files:
    return {
        f"{name}/_c.cpython-313-x86_64-linux-gnu.so": elf(needs, weak=weak),
        f"{name}-1.2.dist-info/RECORD": f"{name}/_c.cpython-313-x86_64-linux-gnu.so,,\n",
        f"{name}-1.2.dist-info/WHEEL": WHEEL,
    }


def _image(top: Path, files: Files) -> Path:
    write(top, {"lib64/libc.so.6": elf({}, OLD)})
    return write(top, {f"var/task/{name}": content for name, content in files.items()})


def test_a_wheel_for_a_newer_glibc_is_named_with_version_and_symbol(tmp_path: Path) -> None:
    _image(tmp_path, _wheel(needs={"libc.so.6": ["GLIBC_2.17", "GLIBC_2.28"]}))
    (finding,) = in_root("glibc", tmp_path)
    assert finding.code == "SF501"
    assert "fast 1.2 (manylinux_2_28_x86_64) needs GLIBC_2.28 of libc.so.6" in finding.message
    assert "call_GLIBC_2.28" in finding.message
    assert "GLIBC_2.26" in finding.message
    assert "provided:al2023" in finding.remedy


def test_a_file_for_another_machine_is_left_to_the_architecture_check(tmp_path: Path) -> None:
    write(tmp_path, {"lib64/libc.so.6": elf({}, ["GLIBC_2.17", "GLIBC_2.34"], machine=AARCH64)})
    own = elf({"libc.so.6": ["GLIBC_2.38"]}, machine=AARCH64)
    other = elf({"libc.so.6": ["GLIBC_2.14"], "libgone.so.1": []}, machine=X86_64)
    write(tmp_path, {"var/task/own.so": own, "var/task/other.so": other})
    image = Image(architecture="arm64")
    paths = {
        check: [finding.path for finding in in_root(check, tmp_path, image=image)]
        for check in ("glibc", "architecture")
    }
    assert paths == {"glibc": ["/var/task/own.so"], "architecture": ["/var/task/other.so"]}


def test_a_folder_is_compared_with_amazon_linux_2(tmp_path: Path) -> None:
    write(tmp_path, _wheel(needs={"libc.so.6": ["GLIBC_2.27"]}))
    (finding,) = in_folder("glibc", tmp_path)
    assert "provided:al2 ends at GLIBC_2.26" in finding.message


def test_what_the_image_defines_is_no_finding(tmp_path: Path) -> None:
    files = _wheel(needs={"libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.26"]})
    assert in_root("glibc", _image(tmp_path / "root", files)) == []
    assert in_folder("glibc", write(tmp_path / "folder", files)) == []


def test_weak_needs_and_versions_that_do_not_grow_are_no_finding(tmp_path: Path) -> None:
    write(tmp_path, _wheel(needs={"libc.so.6": ["GLIBC_2.99"]}, weak=True))
    write(tmp_path, _wheel(needs={"libz.so.1": ["ZLIB_9.9"]}, name="other"))
    assert in_folder("glibc", tmp_path) == []


def test_the_cpp_library_counts_too(tmp_path: Path) -> None:
    write(tmp_path, _wheel(needs={"libstdc++.so.6": ["GLIBCXX_3.4.26"]}))
    assert "GLIBCXX_3.4.26" in in_folder("glibc", tmp_path)[0].message


def test_a_musl_wheel_is_found_unless_the_image_has_musl(tmp_path: Path) -> None:
    _image(tmp_path, _wheel(needs={"libc.musl-x86_64.so.1": []}))
    (finding,) = in_root("glibc", tmp_path)
    assert "musl" in finding.message
    write(tmp_path, {"lib/libc.musl-x86_64.so.1": elf()})
    assert in_root("glibc", tmp_path) == []


def test_a_library_that_is_nowhere_is_found_and_one_beside_it_is_not(tmp_path: Path) -> None:
    _image(tmp_path, {"a.so": elf({"libgone.so.1": []}, runpath="$ORIGIN/a.libs")})
    assert codes(in_root("glibc", tmp_path)) == ["SF503"]
    assert in_folder("glibc", tmp_path / "var" / "task") == []
    write(tmp_path, {"var/task/a.libs/libgone.so.1": elf()})
    assert in_root("glibc", tmp_path) == []


def test_the_images_search_path_counts(tmp_path: Path) -> None:
    _image(tmp_path, {"a.so": elf({"libown.so.1": []})})
    write(tmp_path, {"srv/libown.so.1": elf()})
    image = Image(variables={"LD_LIBRARY_PATH": "/srv"}, architecture="amd64")
    assert in_root("glibc", tmp_path, image=image) == []
    assert codes(in_root("glibc", tmp_path)) == ["SF503"]


def test_an_audit_lists_each_file_with_its_newest_glibc(tmp_path: Path) -> None:
    write(tmp_path, {"new.so": elf({"libc.so.6": ["GLIBC_2.9", "GLIBC_2.28"]}), "static": elf()})
    rows = {
        Path(row.path).name: (row.needs, enough)
        for row, enough in glibc_audit.audit([str(tmp_path)], (2, 26))
    }
    assert rows == {"new.so": ((2, 28), False), "static": ((), True)}
    assert glibc_audit.main(["2.26", str(tmp_path)]) == 1
    assert glibc_audit.main(["2.28", str(tmp_path)]) == 0
    assert glibc_audit.main([]) == 2


def test_this_machines_interpreter_can_be_audited() -> None:
    folder = Path(sys.executable).resolve().parent
    rows = [row for row, _ in glibc_audit.audit([str(folder)], (2, 26))]
    assert any(row.needs > (2, 0) for row in rows)


def test_a_folder_is_compared_with_the_base_that_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"x.so": elf({"libc.so.6": ["GLIBC_2.34"]})})
    command = inspection.inspect_folder
    [found] = [each.finding for each in command(str(tmp_path)).findings if each.severity == "error"]
    assert found.code == "SF501"
    assert "provided:al2 ends" in found.message
    assert not command(str(tmp_path), base="al2023").failed
    write(tmp_path, {"x.so": elf({"libc.so.6": ["GLIBC_2.38"]})})
    [found] = [each.finding for each in command(str(tmp_path), base="al2023").findings]
    assert "provided:al2023 ends" in found.message
