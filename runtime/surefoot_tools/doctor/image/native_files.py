"""The native files of a tree: what each says of itself, and whose it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from ..python.cache import cached_per_tree
from ..python.distributions import Distribution, owners
from . import elf
from .elf import Elf
from .tree import Entry, Tree

# Where images put programs and libraries of their own; the rest is the base's.
TOPS = ("/var/task", "/opt", "/var/lang", "/usr/local")
# Of other systems, under the names that Python's build tools give extension modules there.
_FOREIGN = {
    b"\xcf\xfa\xed\xfe": "macOS",
    b"\xce\xfa\xed\xfe": "macOS",
    b"\xca\xfe\xba\xbe": "macOS",
    b"MZ": "Windows",
}


@dataclass(frozen=True)
class Native:
    """One native file.

    :param elf: None where it could not be read; `problem` says why then
    :param system: the other system that it is for, or empty
    """

    path: str
    elf: Elf | None = None
    problem: str = ""
    system: str = ""
    owner: Distribution | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return posixpath.basename(self.path)


@cached_per_tree
def natives(tree: Tree) -> list[Native]:
    """Return the native files below TOPS, each once."""
    return list(below(tree, TOPS))


def below(tree: Tree, tops: Iterable[str]) -> Iterable[Native]:
    """Yield the native files below folders; of other systems only libraries."""
    brought = owners(tree)
    for top in tops:
        for entry in tree.under(top):
            if _is_candidate(entry):
                native = _native(tree, entry.path, brought.get(entry.path))
                if native is not None:
                    yield native


def groups(found: Iterable[Native]) -> list[tuple[Distribution | None, list[Native]]]:
    """Return native files by distribution; one that no distribution brought is by itself."""
    grouped: dict[object, tuple[Distribution | None, list[Native]]] = {}
    for native in found:
        key = native.owner or native.path
        grouped.setdefault(key, (native.owner, []))[1].append(native)
    return list(grouped.values())


def is_library(name: str) -> bool:
    """Return whether a file's name is that of a shared library: libz.so, libz.so.1."""
    return name.endswith(".so") or ".so." in name


def _is_candidate(entry: Entry) -> bool:
    if not entry.is_file or not entry.size:
        return False
    name = posixpath.basename(entry.path)
    # A program may have lost its mode, which another check reports; programs have no ending.
    return is_library(name) or "." not in name or bool(entry.permissions & 0o111)


def _native(tree: Tree, path: str, owner: Distribution | None) -> Native | None:
    head = tree.read(path, 8)
    if head.startswith(elf.MAGIC):
        try:
            return Native(path, elf.read(tree.read(path)), owner=owner)
        except elf.MalformedElf as error:
            return Native(path, problem=str(error), owner=owner)
    name = posixpath.basename(path)
    if not is_library(name):
        return None
    for magic, system in _FOREIGN.items():
        if head.startswith(magic):
            return Native(path, system=system, owner=owner)
    if head.startswith(b"version "):
        return Native(path, problem="it is a Git LFS pointer, not the file", owner=owner)
    return None
