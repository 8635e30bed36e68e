"""Frames look as the traceback module shows them, source lines included."""

from __future__ import annotations

import importlib
import linecache
import os
import sys
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from surefoot._runtime_api.frames import add_source_lines, format_frames, user_frames


def shown(error: BaseException) -> list[str]:
    frames = user_frames(error.__traceback__)
    add_source_lines(frames)
    return format_frames(frames)


def expected(error: BaseException) -> list[str]:
    """What traceback makes of it, without the marks that newer Pythons put below a line."""
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list([(f.filename, f.lineno or 0, f.name, f.line) for f in frames])


def caught(call: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as info:
        call()
    return info.value


def run(text: str, filename: str) -> None:
    exec(compile(text, filename, "exec"), {})  # noqa: S102 - frames of any file


def recurse(depth: int) -> object:
    return recurse(depth - 1) if depth else 1 / 0


def ping(depth: int) -> object:
    return pong(depth) if depth else int("x")


def pong(depth: int) -> object:
    return ping(depth - 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: 1 / 0,
        lambda: recurse(3),
        lambda: recurse(4),
        lambda: recurse(300),
        lambda: ping(20),
        lambda: eval(compile("1 / 0", "<evaluated>", "eval")),
        lambda: run("\n\nraise KeyError", "no such file.py"),
    ],
)
def test_frames_are_those_of_traceback(call: Callable[[], object]) -> None:
    error = caught(call)
    assert shown(error) == expected(error)


def load(path: Path, name: str) -> ModuleType:
    sys.path.insert(0, str(path))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(path))
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "source",
    [
        b"def f():\n    raise ValueError('\xc3\xa9')\n",
        b"# -*- coding: latin-1 -*-\ndef f():\n    raise ValueError('\xe9')\n",
        b"#!/bin/sh\n# vim: set fileencoding=latin-1 :\ndef f():\n    raise ValueError('\xe9')\n",
        b"\xef\xbb\xbfdef f(): raise ValueError('\xc3\xa9')\n",
        b"def f():\r\n    raise ValueError('crlf')\r\n",
        b"def f():\n\traise ValueError('tab')",
        b"\n" * 5000 + b"def f():\n    x = (1 +\n        None)\n",
    ],
)
def test_source_lines_are_read_in_the_files_own_encoding(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "its_source.py").write_bytes(source)
    error = caught(load(tmp_path, "its_source").f)
    assert shown(error) == expected(error)
    assert any(line.count("\n") == 2 for line in shown(error)[-1:])


def test_lines_of_a_module_in_a_zip_archive_come_from_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("zipped.py", "def f():\n    raise ValueError('zipped')\n")
    error = caught(load(tmp_path / "code.zip", "zipped").f)
    assert shown(error) == expected(error)
    assert "raise ValueError('zipped')" in shown(error)[-1]


def test_lines_of_generated_code_come_from_where_it_registered_them() -> None:
    text = "def f():\n    raise ValueError('generated')\n"
    linecache.cache["<generated>"] = (len(text), None, text.splitlines(True), "<generated>")
    error = caught(lambda: run(f"{text}f()", "<generated>"))
    assert "raise ValueError('generated')" in shown(error)[-1]


@pytest.mark.parametrize("cache", [None, 5, {"<mine>": 7}, {"<mine>": (1, 2, 3, 4)}])
def test_an_odd_cache_of_lines_costs_the_lines_only(
    monkeypatch: pytest.MonkeyPatch, cache: object
) -> None:
    odd = ModuleType("linecache")
    odd.cache = cache  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "linecache", odd)
    error = caught(lambda: run("1 / 0", "<mine>"))
    assert shown(error)[-1] == '  File "<mine>", line 1, in <module>\n'


def test_a_file_that_reading_would_block_on_is_not_read(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.py"
    os.mkfifo(fifo)
    error = caught(lambda: run("1 / 0", str(fifo)))
    assert shown(error)[-1] == f'  File "{fifo}", line 1, in <module>\n'


def test_both_ends_of_an_endless_traceback_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surefoot._runtime_api.frames._MOST_FRAMES", 10)
    lines = shown(caught(lambda: ping(50)))
    assert "in caught" in lines[0]
    assert "in ping" in lines[-1]
    assert len(lines) < 35
    assert any("frames, cut)" in line for line in lines)
