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


@cached_per_tree
def virtual_environments(tree: Tree) -> list[str]:
    """Return the folders below the task root and /opt that hold a virtual environment."""
    return [
        posixpath.dirname(entry.path)
        for top in (TASK, "/opt")
        for entry in tree.under(top)
        if posixpath.basename(entry.path) == "pyvenv.cfg"
    ]


def user_path(context: CheckContext) -> list[str]:
    """Return the folders from which the function's modules come, first to last.

    As ``surefoot._runtime.module_path`` and Lambda's Python images have it: the working directory,
    the task root, PYTHONPATH, layers, site-packages with their .pth files, the user's own ones.
    """
    tree, found, image = context.tree, find(context.tree), context.image or Image()
    task = image.variables.get("LAMBDA_TASK_ROOT") or TASK
    path = [image.workdir or TASK, task]
    path += [part for part in image.variables.get("PYTHONPATH", "").split(":") if part]
    # The Python version of a plain folder is unknown.
    library = f"lib/python3.{found.version[1]}/site-packages" if found else ""
    site = [f"/opt/python/{library}"] if found else []
    site += ["/opt/python", *_active_environment(context)]
    if found:
        base = image.variables.get("PYTHONUSERBASE") or f"{image.variables.get('HOME', '')}/.local"
        site += [*found.packages, f"{base}/{library}"]
    for folder in (task, *site):
        path += [folder, *_path_files(tree, folder)]
    path += ["/var/runtime", "/var/runtime/surefoot/compat/packages"]
    return list(dict.fromkeys(path))


def _active_environment(context: CheckContext) -> list[str]:
    """Return the site-packages of the virtual environments that the image uses."""
    image = context.image or Image()
    words = [*image.entrypoint, image.variables.get("SUREFOOT_PYTHON", "")]
    words += image.variables.get("PATH", "").split(":")
    found = []
    for folder in virtual_environments(context.tree):
        active = image.variables.get("VIRTUAL_ENV") == folder
        if active or any(posixpath.join(TASK, word).startswith(f"{folder}/bin") for word in words):
            versions = context.tree.children(f"{folder}/lib")
            found += [f"{entry.path}/site-packages" for entry in versions]
    return found


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
