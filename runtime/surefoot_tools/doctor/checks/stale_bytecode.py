"""Modules without bytecode, or with bytecode that is ignored or wrong. Whole images only."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.tree import Entry, Tree
from ..python import interpreter, pyc
from ..python.interpreter import Interpreter
from ..python.module import parse

_SHOWN = 3
_FEW = 50  # sources that are tried; where more have no bytecode, nothing was compiled at all
_MISSING, _STALE, _WRONG = _CODES = ("SF206", "SF207", "SF211")
_SEAL = "end the Dockerfile with RUN surefoot seal: it compiles what is there"
_REBUILD = "build on the surefoot base image, where it is compiled, and copy nothing over it"


@dataclass(frozen=True)
class _Area:
    """A part of the image whose bytecode has one origin."""

    title: str
    top: str
    remedy: str


def check(context: CheckContext) -> Iterator[Finding]:
    """Compare sources with their bytecode, area by area."""
    python = interpreter.find(context.tree)
    if python is None or not context.whole:
        return
    magic = pyc.magic_of(context.tree, python)
    for area in _areas(python):
        found: dict[str, list[str]] = {code: [] for code in _CODES}
        for source in _sources(context.tree, area, python):
            code = _judge(context.tree, source, python, magic)
            if code:
                found[code].append(source.path)
        if len(found[_MISSING]) <= _FEW:
            # Templates, and files for other versions of Python: nothing can compile them.
            found[_MISSING] = [p for p in found[_MISSING] if not parse(context.tree, p).problem]
        for code, paths in found.items():
            if paths:
                yield _finding(code, area, paths)


def _areas(python: Interpreter) -> Iterator[_Area]:
    yield _Area("the function", TASK, _SEAL)
    yield _Area("the folder for layers", "/opt", _SEAL)
    yield from (_Area("installed packages", folder, _SEAL) for folder in python.packages)
    yield _Area("the runtime", "/var/runtime", _REBUILD)
    if python.prefix == "/var/lang":
        yield _Area("the interpreter", python.standard[0], _REBUILD)


def _sources(tree: Tree, area: _Area, python: Interpreter) -> Iterator[Entry]:
    for entry in tree.under(area.top):
        inside_packages = entry.path.startswith(tuple(f"{each}/" for each in python.packages))
        if area.top not in python.packages and inside_packages:
            continue
        # A name with a dot or a dash is a program's; nothing imports it.
        name = posixpath.basename(entry.path)
        if entry.is_file and entry.size and name.endswith(".py") and name[:-3].isidentifier():
            yield entry


def _judge(tree: Tree, source: Entry, python: Interpreter, magic: bytes | None) -> str:
    """Return the code of what is wrong with the bytecode of a source, or nothing."""
    folder, name = posixpath.split(source.path)
    path = f"{folder}/__pycache__/{name[:-3]}.{python.tag}.pyc"
    entry = tree.resolve(path)
    if entry is None or not entry.is_file:
        return _MISSING
    header = pyc.header(tree.read(path, pyc.SIZE))
    if header is None or (magic is not None and header.magic != magic):
        return _STALE
    if header.kind == "timestamp":
        # What an installer compiles in the image stays valid: layers keep times.
        return "" if header.mark == pyc.time_mark(source) else _STALE
    expected = pyc.hash_of(tree.read(source.path), header.magic)
    if expected is None or expected == header.mark:
        return ""
    return _WRONG if header.kind == "unchecked" else _STALE


def _finding(code: str, area: _Area, paths: list[str]) -> Finding:
    names = ", ".join(posixpath.relpath(path, area.top) for path in paths[:_SHOWN])
    names += ", …" if len(paths) > _SHOWN else ""
    count = f"{len(paths)} modules" if len(paths) > 1 else "one module"
    message = {
        _MISSING: f"{area.title}: {count} without bytecode, compiled at every cold start: {names}",
        _STALE: f"{area.title}: {count} with bytecode from another Python or another source, "
        f"which is ignored: {names}",
        _WRONG: f"{area.title}: {count} changed since their bytecode was made; the old code "
        f"runs: {names}",
    }[code]
    remedy = area.remedy
    if code == _WRONG:
        remedy = "COPY first and RUN surefoot seal last, or copy no __pycache__ (.dockerignore)"
    return Finding(code, message, remedy, paths[0] if code == _WRONG else area.top)
