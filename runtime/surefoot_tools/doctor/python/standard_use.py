"""Which modules of the standard library are imported when the function's code is loaded."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ..context import CheckContext
from . import finder, interpreter
from .imports import resolve_relative
from .module import own_files
from .reachable import reachable_files

# Loaded before the task root is on sys.path, so that nothing there can shadow them.
LOADED_BEFORE = frozenset(
    [*sys.builtin_module_names, "abc", "codecs", "encodings", "io", "zipimport"]
)
_MAX_MODULES = 2_000  # of packages and of the standard library; more take too long to parse
# Own files may be thousands, and parsing one takes a hundred times as long as this.
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))", re.MULTILINE
)
_HOST_LIBRARY = os.path.dirname(os.__file__)


@dataclass
class StandardUse:
    """:param by_own: standard names that own code imports; it may mean modules of its own
    :param by_others: names that a package or the standard library imports, with an importer
    """

    by_own: set[str] = field(default_factory=set)
    by_others: dict[str, str] = field(default_factory=dict)


def find_uses(context: CheckContext, names: Collection[str]) -> StandardUse:
    """Return who imports the standard modules `names`, each of which the task root has, too."""
    use = StandardUse()
    if not names:
        return use
    path = interpreter.user_path(context)
    own = frozenset(own_files(context.tree))
    imported_by_own = {
        name for file in reachable_files(context) for name in _scan(context.tree.read(file))
    }
    use.by_own |= imported_by_own & set(names)
    waiting = sorted(imported_by_own - use.by_own)
    seen: set[str] = set()
    while waiting and len(seen) < _MAX_MODULES and len(use.by_others) < len(names):
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        source, package = _read(context, name, path, own)
        body = _parse(source)
        for imported in _top_level(body, package) if body else ():
            if imported in names:
                use.by_others.setdefault(imported, name)
            else:
                waiting.append(imported)
    return use


def _scan(source: bytes) -> Iterator[str]:
    """Yield the absolute modules that a file imports, with their packages."""
    for module, modules in _IMPORT.findall(source):
        for name in (module or modules).decode("ascii", "ignore").split(","):
            yield from _with_packages(next(iter(name.split()), ""))


def _read(
    context: CheckContext, name: str, path: list[str], own: Collection[str]
) -> tuple[bytes, str]:
    """Return the source of a module that is not the function's own, and its package."""
    found = interpreter.find(context.tree)
    for folders in (path, found.standard if found else ()):
        place = finder.find(context.tree, name, folders)
        if place is not None:
            package = name if place.folders else name.rpartition(".")[0]
            readable = place.is_source and place.path not in own
            return (context.tree.read(place.path) if readable else b""), package
    if found is None and name.partition(".")[0] in sys.stdlib_module_names:
        stem = os.path.join(_HOST_LIBRARY, *name.split("."))
        for file, package in (
            (os.path.join(stem, "__init__.py"), name),
            (f"{stem}.py", name.rpartition(".")[0]),
        ):
            if os.path.isfile(file):
                with open(file, "rb") as source:
                    return source.read(), package
    return b"", ""


def _parse(source: bytes) -> ast.Module | None:
    try:
        return ast.parse(source) if source else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _top_level(body: ast.Module, package: str) -> Iterator[str]:
    """Yield what runs when the module is loaded imports, with packages; not what functions do."""
    waiting: list[ast.AST] = list(body.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_relative(node, package)
            for alias in node.names:
                yield from _with_packages(f"{base}.{alias.name}")
        elif isinstance(node, ast.stmt):
            waiting.extend(ast.iter_child_nodes(node))


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    if all(parts):
        yield from (".".join(parts[: count + 1]) for count in range(len(parts)))
