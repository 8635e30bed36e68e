"""Names and the one expression that each stands for, by function."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# A name to its value; None where it has several, or one that no expression shows.
Scope = Mapping[str, "ast.expr | None"]


def scope_of(node: ast.AST) -> Scope:
    """Return the names that a module, function or lambda binds in its own scope."""
    values: dict[str, list[ast.expr | None]] = {}
    for name, value in _bindings(node):
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else None for name, found in values.items()}


def is_scope(node: ast.AST) -> bool:
    """Return whether a node begins a function's scope."""
    return isinstance(node, _FUNCTIONS)


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(node, _FUNCTIONS):
        arguments = (each for each in ast.walk(node.args) if isinstance(each, ast.arg))
        yield from ((argument.arg, None) for argument in arguments)
    plain: set[ast.AST] = set()
    for inner in _inside(node):
        target = _plain_target(inner)
        if target is not None:
            plain.add(target)
            yield target.id, getattr(inner, "value", None)
        elif isinstance(inner, _NAMED):
            yield inner.name, None
        elif isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            if inner not in plain:
                yield inner.id, None
        elif isinstance(inner, (ast.Global, ast.Nonlocal)):
            yield from ((name, None) for name in inner.names)
    if isinstance(node, ast.Module):
        # Any function may change what it calls global.
        changed = (inner for inner in ast.walk(node) if isinstance(inner, ast.Global))
        yield from ((name, None) for inner in changed for name in inner.names)


def _plain_target(node: ast.AST) -> ast.Name | None:
    """Return the one name that a statement assigns to."""
    target: ast.expr | None = None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    return target if isinstance(target, ast.Name) else None


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a scope, a node before what is in it, but not what inner scopes have."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        inner = waiting.pop()
        yield inner
        if not isinstance(inner, (*_FUNCTIONS, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(inner))
