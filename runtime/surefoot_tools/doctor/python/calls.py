"""Calls, with the dotted name of what is called, resolved through the file's imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

Aliases = Mapping[str, str]


def aliases(module: ast.Module) -> dict[str, str]:
    """Return the dotted names that imports in the file bind, by local name."""
    known: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    known[alias.asname] = alias.name
                else:
                    top = alias.name.partition(".")[0]
                    known[top] = top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def dotted(node: ast.expr, known: Aliases) -> str:
    """Return the dotted name of an expression of names and dots, or an empty string."""
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, known)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def argument(call: ast.Call, index: int | None, keyword: str) -> ast.expr | None:
    """Return an argument by its place (None: only by keyword) or by its keyword."""
    for each in call.keywords:
        if each.arg == keyword:
            return each.value
    before = call.args if index is None else call.args[: index + 1]
    if index is None or len(before) <= index or any(isinstance(a, ast.Starred) for a in before):
        return None
    return call.args[index]


def outside_main(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of a node but for ``if __name__ == "__main__":``, which Lambda skips."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and _is_main(child.test)):
            yield child


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )
