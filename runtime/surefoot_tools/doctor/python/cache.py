"""Work that several checks share, done once for a tree."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from ..image.tree import Tree

Value = TypeVar("Value")


def cached_per_tree(function: Callable[[Tree], Value]) -> Callable[[Tree], Value]:
    """Return `function`, whose value for a tree is wrapper for as long as the tree is."""
    known: WeakKeyDictionary[Tree, Value] = WeakKeyDictionary()

    @wraps(function)
    def wrapper(tree: Tree) -> Value:
        if tree not in known:
            known[tree] = function(tree)
        return known[tree]

    return wrapper
