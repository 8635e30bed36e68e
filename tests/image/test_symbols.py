"""Everything native that we add runs with Amazon Linux's C library, by the symbols that it needs.

The interpreter is the exception here: the stand-in has Debian's, which is built for a newer system.
That it is found out is tested, too.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.images.emulator_download import PINNED, install
from rie.images.image import AWSLAMBDARIC
from rie.images.interpreter import DEFAULT_VERSION
from rie.images.offline_packages import fetch_wheels
from rie.paths import ROOT
from tests.support.glibc_audit import audit

if TYPE_CHECKING:
    from docker import DockerClient

# glibc of the bases; what Amazon Linux 2 accepts, 2023 accepts, too.
BASES = {"al2": (2, 26), "al2023": (2, 34)}
REQUIREMENTS = [AWSLAMBDARIC, *sorted(ROOT.glob("functions/*/requirements.txt"))]


def beyond(folder: Path, base: str = "al2") -> tuple[int, list[str]]:
    """How many native files lie there, and those that need more than the base has."""
    rows = list(audit([str(folder)], BASES[base]))
    return len(rows), [f"{row.path} {row.needs} {row.problem}" for row, fits in rows if not fits]


@pytest.mark.parametrize("architecture", PINNED.binary_sha256)
def test_the_emulator(architecture: str, tmp_path: Path) -> None:
    program = install(architecture=architecture)
    (tmp_path / program.name).write_bytes(program.read_bytes())
    assert beyond(tmp_path) == (1, [])


@pytest.mark.parametrize("requirements", REQUIREMENTS, ids=lambda path: path.parent.name)
def test_the_wheels_of_each_function(requirements: Path, tmp_path: Path) -> None:
    folder = fetch_wheels(requirements, DEFAULT_VERSION)
    found = list(folder.glob("*.whl"))
    assert found
    for wheel in found:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    native = member.read(4) == b"\x7fELF"
                if native:
                    archive.extract(name, tmp_path / wheel.stem)
    assert beyond(tmp_path)[1] == []


@pytest.mark.parametrize("base", BASES)
def test_the_stand_ins_interpreter_is_found_to_need_more(
    engine: DockerClient, image: str, tmp_path: Path, base: str
) -> None:
    container = engine.containers.create(image)
    try:
        chunks, _ = container.get_archive("/var/lang/bin")
        content = io.BytesIO(b"".join(chunks))
    finally:
        container.remove(force=True)
    with tarfile.open(fileobj=content) as archive:
        archive.extractall(tmp_path, filter="data")
    count, newer = beyond(tmp_path, base)
    assert count >= 1
    assert [line for line in newer if f"bin/python{DEFAULT_VERSION} (2, " in line]
