"""Compiles bytecode that is never compared with its source (PEP 552, unchecked hash).

On Lambda the root is read-only, so what the build does not compile is compiled at every start. A
later COPY gives sources new times, which would make bytecode that is compared stale. The base
image's build uses this module, too, by its path: it imports nothing of surefoot.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import py_compile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

_UNCHECKED = b"\1\0\0\0"  # flags of PEP 552: a hash that is not checked
_HEAD = 16  # magic number, flags, hash of the source
_WORTH_PROCESSES = 100  # files; below, starting processes takes longer than they save
_CHUNK = 25


@dataclass
class Compiled:
    """Paths of sources: those compiled now, and those that do not compile with the reason.

    :param replaced: how many of the new ones had bytecode, of another form or a stale one
    """

    new: list[str] = field(default_factory=list)
    current: int = 0
    replaced: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def compile_trees(tops: Iterable[str]) -> Compiled:
    """Compile every source under `tops` whose bytecode is missing, stale or of another form.

    A source that does not compile stays as it is: packages bring templates, and files for other
    versions of Python. Raises OSError where nothing can be written.
    """
    result = Compiled()
    waiting = []
    for path in sources(tops):
        if is_current(path):
            result.current += 1
        else:
            waiting.append(path)
            result.replaced += os.path.exists(importlib.util.cache_from_source(path))
    for path, reason in _compile_all(waiting):
        if reason:
            result.failed[path] = reason
        else:
            result.new.append(path)
    return result


def sources(tops: Iterable[str]) -> Iterator[str]:
    """Yield the Python files under `tops`; links are left alone."""
    for top in tops:
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if name.endswith(".py") and not os.path.islink(path):
                    yield path


def is_current(source: str) -> bool:
    """Whether the bytecode of `source` is this interpreter's, its own, and never compared."""
    try:
        with open(importlib.util.cache_from_source(source), "rb") as file:
            head = file.read(_HEAD)
        with open(source, "rb") as file:
            content = file.read()
    except OSError:
        return False
    expected = importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(content)
    return head == expected


def _compile_all(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Compile; yield each path with the reason why it does not compile, or an empty string."""
    done = 0
    if len(paths) >= _WORTH_PROCESSES:
        # Builders without shared memory (gVisor, chroots) have no pool; one process does it then.
        with contextlib.suppress(OSError, NotImplementedError, ImportError):
            # A fork server, the default from 3.14 on, has its socket in /tmp until we end: the
            # doctor would find it there.
            with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
                for answer in pool.map(_compile, paths, chunksize=_CHUNK):
                    done += 1
                    yield answer
            return
    yield from map(_compile, paths[done:])


def _compile(path: str) -> tuple[str, str]:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    try:
        py_compile.compile(path, doraise=True, invalidation_mode=mode)
    except py_compile.PyCompileError as error:
        return path, str(error.exc_value)
    return path, ""
