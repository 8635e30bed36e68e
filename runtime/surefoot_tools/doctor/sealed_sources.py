"""The table of sources at the end of a sealed init: see ``surefoot_tools.seal.sealed_init``."""

from __future__ import annotations

from dataclasses import dataclass

from surefoot._runtime.readahead import RECORD

from ..seal.sealed_init import SOURCES
from .image.tree import Tree

SEALED = "/var/runtime/" + RECORD.rpartition("/")[2] + ".init"


@dataclass(frozen=True)
class SealedSources:
    """The interpreter's tag, and path, size and time (s) of each source; no tag if damaged."""

    tag: str
    files: tuple[tuple[str, ...], ...]


def read_sources(tree: Tree) -> SealedSources | None:
    """Return the table; None if nothing is sealed."""
    entry = tree.resolve(SEALED)
    if entry is None or not entry.is_file:
        return None
    content = tree.read(SEALED).decode("utf-8", "surrogateescape")
    _, found, text = content.rpartition(SOURCES)
    if not found:
        return SealedSources("", ())
    tag, *lines = text.splitlines()
    return SealedSources(tag, tuple(tuple(line.split("\t")) for line in lines))
