"""The imports that a module makes whenever it is imported: those that must not fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Code that catches one of these around an import works without it.
_CAUGHT = frozenset(["ImportError", "ModuleNotFoundError", "Exception", "BaseException"])
_PATH_CHANGES = re.compile(
    rb"\bsys\s*\.\s*path|\baddsitedir|\bmeta_path|\bpath_hooks|__path__|from\s+sys\s+import"
)


@dataclass(frozen=True)
class RequiredImport:
    """One imported module, absolute, and the names taken from it (none for a plain import)."""

    module: str
    names: tuple[str, ...]
    line: int
    is_relative: bool = False


def required(body: ast.Module, package: str) -> Iterator[RequiredImport]:
    """Yield what the top level imports unconditionally.

    What is under a condition (TYPE_CHECKING, a platform), in a function, or where its failure
    is caught, is not among it.

    :param package: the dotted package that the module is in, or is; empty for a plain module
    """
    for node in _statements(body.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield RequiredImport(alias.name, (), node.lineno)
        else:
            module = resolve_relative(node, package)
            names = tuple(alias.name for alias in node.names)
            yield RequiredImport(module, names, node.lineno, node.level > 0)


def resolve_relative(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute module that a statement names; outside of all packages it keeps its dots.

    :param package: the dotted package that the importing module is in, or is
    """
    module = node.module or ""
    if not node.level:
        return module
    above = package.split(".") if package else []
    if node.level > len(above):
        return "." * node.level + module
    return ".".join([*above[: len(above) - node.level + 1], *([module] if module else [])])


def changes_path(source: bytes) -> bool:
    """Return whether a module may change where modules are looked for; a mention is enough."""
    return bool(_PATH_CHANGES.search(source))


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _statements(node.body)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            if not any("suppress" in ast.dump(item.context_expr) for item in node.items):
                yield from _statements(node.body)
        elif isinstance(node, ast.Try):
            if not any(_catches(handler) for handler in node.handlers):
                yield from _statements([*node.body, *node.orelse])
            yield from _statements(node.finalbody)


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(
        (isinstance(node, ast.Name) and node.id in _CAUGHT)
        or (isinstance(node, ast.Attribute) and node.attr in _CAUGHT)
        for node in ast.walk(handler.type)
    )
