"""Packing a local CPython for uv. These tests need no engine."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import pytest

from rie.images.interpreter import Interpreter, find, pack


@pytest.fixture
def interpreter(tmp_path: Path) -> Interpreter:
    """A small one: this test's own program with a library of a few files."""
    stdlib = tmp_path / "lib"
    for name in ("os.py", "json/decoder.py", "test/big.py", "json/__pycache__/x.pyc"):
        (stdlib / name).parent.mkdir(parents=True, exist_ok=True)
        (stdlib / name).write_text(name)
    return Interpreter((3, 13, 2), Path(sys.executable).resolve(), stdlib, None)


def test_lays_the_interpreter_out_as_uv_expects_a_download(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    pack(interpreter, tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        names = archive.getnames()
        assert archive.getmember("python/bin/python3").linkname == "python3.13"
        assert archive.getmember("python/bin/python3.13").mode == 0o755
    assert {"python/lib/python3.13/os.py", "python/lib/python3.13/json/decoder.py"} <= set(names)
    assert not [name for name in names if "/test/" in name or "__pycache__" in name]
    assert not [name for name in names if "/libc.so" in name or "/ld-linux" in name]


def test_the_same_interpreter_gives_the_same_bytes(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    # So a layer with it stays in the builder's cache.
    for name in ("a.tar.gz", "b.tar.gz"):
        pack(interpreter, tmp_path / name)
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_finds_a_final_cpython_that_can_be_packed() -> None:
    found = find()
    assert found.version >= (3, 10, 0)
    assert found.executable.is_file()
    assert (found.stdlib / "os.py").is_file()
