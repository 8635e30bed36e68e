"""The interpreter of a tree: its version, and where it looks for modules."""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from ..context import TASK, CheckContext, Image
from ..image.tree import Tree
from .cache import cached_per_tree
from .finder import find as find_module

# In the order in which bootstrap and PATH would take one.
_PREFIXES = ("/var/lang", "/usr/local", "/usr")
_LIBRARY = re.compile(r"python3\.(\d+)")


@dataclass(frozen=True)
class Interpreter:
    """A CPython in the tree.

    :param standard: folders of the standard library, of `sys.path`
    :param packages: its site-packages, Debian's included
    """

    prefix: str
    version: tuple[int, int]
    standard: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def tag(self) -> str:
        """As in names of bytecode and of extension modules: cpython-313."""
        return "cpython-{}{}".format(*self.version)


@cached_per_tree
def find(tree: Tree) -> Interpreter | None:
    """Return the interpreter that functions run on, or None: a folder has none."""
    for prefix in _PREFIXES:
        versions = [
            int(match[1])
            for entry in tree.children(f"{prefix}/lib")
            if (match := _LIBRARY.fullmatch(posixpath.basename(entry.path)))
            and tree.resolve(f"{entry.path}/os.py")
        ]
        if versions:
            return _interpreter(tree, prefix, max(versions))
    return None


def _interpreter(tree: Tree, prefix: str, minor: int) -> Interpreter:
    library = f"{prefix}/lib/python3.{minor}"
    packages = (
        f"{library}/site-packages",
        f"{library}/dist-packages",
        f"/usr/local/lib/python3.{minor}/dist-packages",
        f"{prefix}/lib/python3/dist-packages",
    )
    return Interpreter(
        prefix,
        (3, minor),
        (library, f"{library}/lib-dynload"),
        tuple(folder for folder in dict.fromkeys(packages) if tree.resolve(folder)),
    )


def version(tree: Tree) -> tuple[int, int]:
    """Return the version of the tree's interpreter, or of this one where it has none."""
    found = find(tree)
    return found.version if found else sys.version_info[:2]


def user_path(context: CheckContext) -> list[str]:
    """Return the folders from which the function's modules come, first to last; see sitepath."""
    found = find(context.tree)
    image = context.image or Image()
    path = [image.workdir or TASK, image.variables.get("LAMBDA_TASK_ROOT") or TASK]
    path += [part for part in image.variables.get("PYTHONPATH", "").split(":") if part]
    for folder in found.packages if found else ():
        path += [folder, *_path_files(context.tree, folder)]
    path.append("/var/runtime")
    return list(dict.fromkeys(path))


def _path_files(tree: Tree, folder: str) -> Iterator[str]:
    """Yield what the .pth files of a site-packages folder add, as the site module reads them."""
    for entry in tree.children(folder):
        if entry.path.endswith(".pth"):
            for line in tree.read(entry.path).decode("utf-8", "replace").splitlines():
                text = line.strip()
                if text and not text.startswith(("#", "import ", "import\t")):
                    yield posixpath.normpath(posixpath.join(folder, text))


def has_standard_module(tree: Tree, name: str) -> bool:
    """Return whether a top-level module is part of the tree's interpreter.

    What this interpreter keeps in a file, the tree's must have in one, too: an image may have been
    rid of parts, and versions differ. The rest is built in, which no file shows.
    """
    found = find(tree)
    if found is None:
        return name in sys.stdlib_module_names
    if find_module(tree, name, found.standard):
        return True
    return name in sys.stdlib_module_names and not _is_pure(name)


def _is_pure(name: str) -> bool:
    folder = os.path.dirname(os.__file__)
    return os.path.exists(f"{folder}/{name}.py") or os.path.exists(f"{folder}/{name}/__init__.py")
