"""Which installed distribution (wheel) brought a file.

Source: PyPA, "Recording installed projects" (RECORD) and "Binary distribution format" (WHEEL).
"""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..image.tree import Tree
from .cache import cached_per_tree

_ENDINGS = (".dist-info", ".egg-info")


@dataclass(frozen=True)
class Distribution:
    """One installed distribution; `tags` are its wheel's: cp313-cp313-manylinux_2_28_x86_64.

    :param folder: of its metadata, in the image
    """

    name: str
    version: str
    folder: str
    tags: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name and version, as people write them."""
        return f"{self.name} {self.version}".strip()

    @property
    def platforms(self) -> frozenset[str]:
        """The platforms of its tags: any, manylinux2014_x86_64, macosx_11_0_arm64."""
        # A tag may compress several: manylinux_2_17_x86_64.manylinux2014_x86_64.
        last = (tag.rpartition("-")[2] for tag in self.tags)
        return frozenset(platform for each in last for platform in each.split("."))


@cached_per_tree
def owners(tree: Tree) -> Mapping[str, Distribution]:
    """Return the files of all installed distributions by path; bytecode is not among them."""
    found: dict[str, Distribution] = {}
    for entry in tree.entries.values():
        if entry.is_folder and entry.path.endswith(_ENDINGS):
            distribution = _distribution(tree, entry.path)
            found.update(dict.fromkeys(_files(tree, entry.path), distribution))
    return found


def _distribution(tree: Tree, folder: str) -> Distribution:
    stem = posixpath.basename(folder).rpartition(".")[0]
    name, _, version = stem.partition("-")
    wheel = _text(tree, f"{folder}/WHEEL").splitlines()
    tags = [line.partition(":")[2].strip() for line in wheel if line.startswith("Tag:")]
    return Distribution(name, version.partition("-py")[0], folder, tuple(tags))


def _files(tree: Tree, folder: str) -> Iterator[str]:
    home = posixpath.dirname(folder)
    for entry in tree.under(folder):
        if entry.is_file:
            yield entry.path
    for name in _recorded(_text(tree, f"{folder}/RECORD")):
        if not name.endswith(".pyc"):
            yield posixpath.normpath(posixpath.join(home, name))
    # What setuptools' own installer wrote, before wheels.
    for line in _text(tree, f"{folder}/installed-files.txt").splitlines():
        yield posixpath.normpath(posixpath.join(folder, line.strip()))


def _recorded(text: str) -> list[str]:
    try:
        return [row[0] for row in csv.reader(text.splitlines()) if row]
    except csv.Error:
        # No installer writes this; the files count as the user's own.
        return []


def _text(tree: Tree, path: str) -> str:
    entry = tree.resolve(path)
    if entry is None or not entry.is_file:
        return ""
    return tree.read(path).decode("utf-8", "replace").replace("\0", "")
