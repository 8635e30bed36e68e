from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot_tools.doctor.image import elf
from tests.unit.surefoot_tools.doctor.elves import elf as written


def test_needs_definitions_and_search_path_are_read() -> None:
    data = written(
        {"libc.so.6": ["GLIBC_2.17", "GLIBC_2.28"], "libm.so.6": ["GLIBC_2.29"]},
        ["OWN_1.0", "OWN_2.0"],
        runpath="$ORIGIN/../lib:/opt/lib",
    )
    found = elf.read(data)
    assert found.machine == "amd64"
    assert found.needed == ("libc.so.6", "libm.so.6")
    assert found.search == ("$ORIGIN/../lib", "/opt/lib")
    assert [(need.library, need.version) for need in found.needs] == [
        ("libc.so.6", "GLIBC_2.17"),
        ("libc.so.6", "GLIBC_2.28"),
        ("libm.so.6", "GLIBC_2.29"),
    ]
    assert found.defines == {"OWN_1.0", "OWN_2.0"}
    assert elf.versioned_symbols(data, found.needs[1].index) == ["call_GLIBC_2.28"]


def test_a_big_endian_file_of_another_machine_is_read() -> None:
    found = elf.read(written({"libc.so.6": ["GLIBC_2.4"]}, machine=22, order=">"))
    assert (found.machine, found.needed) == ("s390x", ("libc.so.6",))


def test_weak_needs_do_not_count() -> None:
    assert elf.read(written({"libc.so.6": ["GLIBC_2.99"]}, weak=True)).needs == ()


@pytest.mark.parametrize("step", [1, 7])
def test_a_file_cut_off_anywhere_is_malformed_or_read_but_never_more(step: int) -> None:
    data = written({"libc.so.6": ["GLIBC_2.28"]}, ["OWN_1.0"])
    for length in range(4, len(data) - 16, step):
        with pytest.raises(elf.MalformedElf):
            elf.read(data[:length])


def test_no_changed_byte_raises_anything_else() -> None:
    data = written({"libc.so.6": ["GLIBC_2.28"]}, ["OWN_1.0"])
    read = 0
    for place in range(4, len(data)):
        for value in (0, 0x7F, 0xFF):
            try:
                elf.read(data[:place] + bytes([value]) + data[place + 1 :])
                read += 1
            except elf.MalformedElf:
                continue
    assert read > len(data)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (written({f"lib{number}.so": [] for number in range(6000)}), "dynamic entries"),
        (written({"libc.so.6": [f"V_{number}" for number in range(6000)]}), "needed versions"),
        (written({}, [f"V_{number}" for number in range(6000)]), "defined versions"),
    ],
)
def test_more_entries_than_a_real_file_has_are_malformed(data: bytes, what: str) -> None:
    with pytest.raises(elf.MalformedElf, match=f"more than 5,000 {what}"):
        elf.read(data)


def test_a_name_without_an_end_is_not_searched_for_through_the_whole_file() -> None:
    data = written({"libc.so.6": ["x" * 5000]})
    with pytest.raises(elf.MalformedElf, match="no text"):
        elf.read(data)


def test_this_interpreter_is_read_as_readelf_reads_it(tmp_path: Path) -> None:
    program = Path(sys.executable).resolve()
    found = elf.read(program.read_bytes())
    assert found.interpreter.startswith("/lib")
    libc = next(name for name in found.needed if name.startswith("libc.so"))
    assert any(need.library == libc for need in found.needs)
    readelf = shutil.which("readelf")
    small = tmp_path / "libsmall.so"
    small.write_bytes(written({"libc.so.6": ["GLIBC_2.28"]}, ["OWN_1.0"]))
    for path in (program, small) if readelf else ():
        command = [str(readelf), "-dW", str(path)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert all(f"[{name}]" in said for name in elf.read(path.read_bytes()).needed)
