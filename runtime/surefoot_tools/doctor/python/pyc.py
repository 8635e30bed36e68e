"""The header of a bytecode file. Source: PEP 552, "Deterministic pycs"."""

from __future__ import annotations

import importlib.util
import sys
from _imp import source_hash
from collections.abc import Iterable
from dataclasses import dataclass

from ..image.tree import Entry, Tree
from .interpreter import Interpreter

SIZE = 16  # bytes of the header


@dataclass(frozen=True)
class PycHeader:
    """What a bytecode file is of.

    :param kind: "unchecked", "checked" (both by hash) or "timestamp"
    :param mark: the hash of its source, or its time and size (``time_mark``), 8 bytes
    """

    magic: bytes
    kind: str
    mark: bytes


def header(data: bytes) -> PycHeader | None:
    """Return the header of bytecode, or None if there is none."""
    if len(data) < SIZE:
        return None
    flags = int.from_bytes(data[4:8], "little")
    kind = {0: "timestamp", 1: "unchecked", 3: "checked"}.get(flags)
    return PycHeader(data[:4], kind, data[8:SIZE]) if kind else None


def time_mark(entry: Entry) -> bytes:
    """Return the time and size of a source as bytecode records them."""
    return b"".join(
        (value & 0xFFFFFFFF).to_bytes(4, "little") for value in (entry.mtime, entry.size)
    )


def hash_of(source: bytes, magic: bytes) -> bytes | None:
    """Return the hash of a source as the interpreter of `magic` makes it, or None: unknown here."""
    # The hash function changed with 3.11, whose magic numbers begin at 3450.
    number = int.from_bytes(magic[:2], "little")
    if (number >= 3450) != (sys.version_info >= (3, 11)):
        return None
    return source_hash(int.from_bytes(magic, "little"), source)


def magic_of(tree: Tree, interpreter: Interpreter) -> bytes | None:
    """Return the magic number of a tree's interpreter, as its own bytecode has it, or None."""
    if interpreter.version == sys.version_info[:2]:
        return importlib.util.MAGIC_NUMBER
    for path in _own(interpreter):
        entry = tree.resolve(path)
        found = header(tree.read(path, SIZE)) if entry and entry.is_file else None
        if found:
            return found.magic
    return None


def _own(interpreter: Interpreter) -> Iterable[str]:
    library = interpreter.standard[0]
    # Whatever runs Python at all has run some of these.
    for name in ("os", "io", "abc", "codecs", "site", "re/__init__", "enum", "functools"):
        folder, _, stem = name.rpartition("/")
        where = f"{library}/{folder}" if folder else library
        yield f"{where}/__pycache__/{stem}.{interpreter.tag}.pyc"
