"""The standard library as the tree's interpreter has it."""

from __future__ import annotations

import os
import sys

from ..image.tree import Tree
from . import finder, interpreter


def provides(tree: Tree, name: str) -> bool:
    """Return whether a top-level module is part of the tree's interpreter.

    What this interpreter keeps in a file, the tree's must have in one, too: an image may have been
    rid of parts, and versions differ. The rest is built in, which no file shows.
    """
    found = interpreter.find(tree)
    if found is None:
        return name in sys.stdlib_module_names
    if finder.find(tree, name, found.standard):
        return True
    return name in sys.stdlib_module_names and not _is_pure(name)


def _is_pure(name: str) -> bool:
    folder = os.path.dirname(os.__file__)
    return os.path.exists(f"{folder}/{name}.py") or os.path.exists(f"{folder}/{name}/__init__.py")
