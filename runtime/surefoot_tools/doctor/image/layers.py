"""Layers laid over each other, as the kernel's overlay does, with whiteouts.

Whiteouts are those of the OCI image specification, "Image Layer Filesystem Changeset".
"""

from __future__ import annotations

import posixpath
import stat
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from ..context import Layer, OverwrittenFile
from .tree import Entry, Tree, synthetic_folder

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_TYPES = {
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}


@dataclass(frozen=True)
class _Node:
    entry: Entry
    layer: int
    archive: tarfile.TarFile | None = None
    member: tarfile.TarInfo | None = None


class _Overlay:
    """The files of the layers so far, with the paths directly below each folder."""

    def __init__(self) -> None:
        self.nodes: dict[str, _Node] = {"/": _Node(synthetic_folder("/"), 0)}
        self._below: dict[str, dict[str, None]] = {}

    def put(self, path: str, node: _Node) -> Iterator[_Node]:
        """Put a layer's file over what is there; yield what is no longer visible."""
        old = self.nodes.get(path)
        if old is not None and not (old.entry.is_folder and node.entry.is_folder):
            yield from self.cut(path)
        yield from self._make_above(path, node.layer)
        self._add(path, node)

    def cut(self, path: str, *, keep: bool = False) -> Iterator[_Node]:
        """Remove `path` (unless `keep`) and everything below it; yield what was removed."""
        node = self.nodes.get(path)
        if node is None:
            return
        waiting = list(self._below.pop(path, ())) if node.entry.is_folder else []
        while waiting:
            name = waiting.pop()
            waiting += self._below.pop(name, ())
            if name in self.nodes:
                yield self.nodes.pop(name)
        if not keep and path != "/":
            self._below.get(posixpath.dirname(path), {}).pop(path, None)
            yield self.nodes.pop(path)

    def _make_above(self, path: str, number: int) -> Iterator[_Node]:
        """Make the folders above `path` that no layer names; yield a file that one replaces.

        A link stays: what is below it went to another place when the layer was made.
        """
        folder = posixpath.dirname(path)
        while folder not in self.nodes or self.nodes[folder].entry.is_file:
            if folder in self.nodes:
                yield self.nodes[folder]
            self._add(folder, _Node(synthetic_folder(folder), number))
            folder = posixpath.dirname(folder)

    def _add(self, path: str, node: _Node) -> None:
        self.nodes[path] = node
        if path != "/":
            self._below.setdefault(posixpath.dirname(path), {})[path] = None


def merge(files: Iterable[IO[bytes]], made_by: Sequence[str]) -> tuple[Tree, list[Layer]]:
    """Return the tree of an image and its layers, from their uncompressed tars, the lowest first.

    The files stay in use as long as the tree. Raises tarfile.TarError if one is not a tar.
    """
    overlay = _Overlay()
    sizes: list[int] = []
    hidden: dict[int, list[OverwrittenFile]] = {}
    for number, file in enumerate(files):
        nodes, gone, opaque = _read(file, number)
        sizes.append(sum(node.entry.size for node in nodes.values() if _holds_data(node)))
        removed = [node for path in opaque for node in overlay.cut(path, keep=True)]
        removed += [node for path in gone for node in overlay.cut(path)]
        for path, node in nodes.items():
            removed += overlay.put(path, node)
        for node in removed:
            if _holds_data(node):
                lost = OverwrittenFile(node.entry.path, node.entry.size, number)
                hidden.setdefault(node.layer, []).append(lost)
    layers = [
        Layer(size, made_by[number] if number < len(made_by) else "", hidden.get(number, ()))
        for number, size in enumerate(sizes)
    ]
    merged = overlay.nodes

    def read(path: str, size: int) -> bytes:
        node = merged[path]
        if node.archive is None or node.member is None:
            return b""
        try:
            content = node.archive.extractfile(node.member)
            return content.read(size) if content else b""
        except (tarfile.TarError, LookupError, RecursionError) as error:
            raise OSError(f"the layer is damaged: {error}") from error

    ordered = sorted(merged, key=lambda path: path.split("/"))
    return Tree({path: merged[path].entry for path in ordered}, read), layers


def _read(file: IO[bytes], number: int) -> tuple[dict[str, _Node], list[str], list[str]]:
    """Return what a layer adds, the paths that it deletes, and those it makes opaque."""
    archive = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115  (contents are read later)
    nodes: dict[str, _Node] = {}
    gone: list[str] = []
    opaque: list[str] = []
    for member in archive:
        path = posixpath.normpath("/" + member.name.lstrip("/"))
        folder, name = posixpath.split(path)
        if name == _OPAQUE:
            opaque.append(folder)
        elif name.startswith(_WHITEOUT):
            gone.append(posixpath.join(folder, name[len(_WHITEOUT) :]))
        elif member.islnk():
            linked = nodes.get(posixpath.normpath("/" + member.linkname.lstrip("/")))
            if linked is None:
                raise tarfile.ReadError(f"{path} is a hard link to a file that is not there")
            entry = _entry(path, linked.member or member, linked.entry.size)
            nodes[path] = _Node(entry, number, archive, member)
        else:
            nodes[path] = _Node(_entry(path, member, member.size), number, archive, member)
    return nodes, gone, opaque


def _entry(path: str, member: tarfile.TarInfo, size: int) -> Entry:
    mode = _TYPES.get(member.type, stat.S_IFREG) | stat.S_IMODE(member.mode)
    target = member.linkname if member.issym() else ""
    return Entry(path, mode, member.uid, member.gid, size, target, int(member.mtime))


def _holds_data(node: _Node) -> bool:
    """Whether bytes of the layer are this file's; a second name of a file has none of its own."""
    return node.entry.is_file and node.member is not None and not node.member.islnk()
