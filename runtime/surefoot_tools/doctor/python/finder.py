"""Where an import would find a module in a tree: the path-based finder.

Source: The Python Language Reference, "The import system".
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from ..image.tree import Tree


@dataclass(frozen=True)
class ModuleLocation:
    """A module that was found.

    :param path: of its file; of a namespace package, empty
    :param folders: where its submodules are looked for; empty for a plain module
    """

    path: str
    folders: tuple[str, ...] = ()

    @property
    def is_source(self) -> bool:
        """Whether its source can be read."""
        return self.path.endswith(".py")


def find(tree: Tree, name: str, path: Sequence[str]) -> ModuleLocation | None:
    """Return the place of a dotted module, or None."""
    place: ModuleLocation | None = None
    folders: Sequence[str] = path
    for part in name.split("."):
        place = _find_one(tree, part, folders)
        if place is None:
            return None
        folders = place.folders
    return place


def names_in(tree: Tree, folders: Sequence[str]) -> list[str]:
    """Return the names of the modules and packages that are directly in folders."""
    names: set[str] = set()
    for folder in folders:
        real = tree.resolve(folder)
        for entry in tree.children(real.path) if real else ():
            base = posixpath.basename(entry.path)
            stem, dot, ending = base.partition(".")
            if (dot and ending.split(".")[-1] in ("py", "so")) or (
                not dot and entry.is_folder and base != "__pycache__"
            ):
                names.add(stem)
    return sorted(names)


def _find_one(tree: Tree, name: str, folders: Sequence[str]) -> ModuleLocation | None:
    namespace: list[str] = []
    for folder in folders:
        real = tree.resolve(folder)
        if real is None:
            continue
        inside = f"{real.path.rstrip('/')}/{name}"
        package = _module_file(tree, f"{inside}/__init__")
        if package:
            return ModuleLocation(package, (inside,))
        module = _module_file(tree, inside)
        if module:
            return ModuleLocation(module)
        entry = tree.resolve(inside)
        if entry is not None and entry.is_folder:
            namespace.append(inside)
    return ModuleLocation("", tuple(namespace)) if namespace else None


def _module_file(tree: Tree, stem: str) -> str:
    """Return the file of a module: an extension, source or sourceless bytecode; or nothing."""
    folder, _, name = stem.rpartition("/")
    real = tree.resolve(folder)
    if real is None:
        return ""
    for entry in tree.children(real.path):
        base = posixpath.basename(entry.path)
        if base.startswith(f"{name}.") and base.endswith(".so") and not entry.is_folder:
            return entry.path
    for ending in (".py", ".pyc"):
        entry_here = tree.resolve(stem + ending)
        if entry_here is not None and entry_here.is_file:
            return stem + ending
    return ""
