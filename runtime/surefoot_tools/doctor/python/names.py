"""Which names a module's top level binds, as far as that can be known without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

# By these a module may bind names that no statement shows.
_DYNAMIC = re.compile(rb"\b(globals|locals|vars|exec|setattr)\s*\(|\bsys\.modules|\b__dict__")
_GLOBAL = re.compile(rb"^[ \t]+global[ \t]+([^#;\r\n]+)", re.MULTILINE)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class Names:
    """Names bound at the top level, and the node that bound each last.

    :param complete: False where more may be bound: a star import, __getattr__, globals()
    """

    bound: dict[str, ast.AST]
    complete: bool


def top_level(module: ast.Module, source: bytes) -> Names:
    """Return the names that importing a module binds in it; `source` is its text."""
    bound: dict[str, ast.AST] = {}
    for node in _outside_functions(module):
        bound.update(dict.fromkeys(_bindings(node), node))
    for match in _GLOBAL.finditer(source):
        names = match[1].decode("utf-8", "replace").split(",")
        bound.update(dict.fromkeys((name.strip() for name in names), module))
    dynamic = "*" in bound or "__getattr__" in bound or _DYNAMIC.search(source)
    return Names(bound, not dynamic)


def may_have_member(owner: ast.AST, name: str) -> bool:
    """Return whether what a name is bound to may have an attribute; True if unknown."""
    if not isinstance(owner, ast.ClassDef):
        return True
    if owner.decorator_list or owner.keywords:
        return True
    if any(not (isinstance(base, ast.Name) and base.id == "object") for base in owner.bases):
        return True
    return name in top_level(ast.Module(owner.body, []), b"").bound


def _outside_functions(module: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes that run on import, a definition but not what is in it."""
    waiting: list[ast.AST] = list(reversed(module.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _bindings(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Import):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.ExceptHandler):
        return [node.name] if node.name else []
    if isinstance(node, (ast.MatchAs, ast.MatchStar)):
        return [node.name] if node.name else []
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    return []
