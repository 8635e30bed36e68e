"""Which of the function's own files an invocation can load; tests, CI and training code it cannot.

All imports count here, also those in functions and under conditions. If the handler is not known,
every module that looks like one is a start: it defines a function whose first argument is an event.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..context import TASK, CheckContext
from ..image.tree import Tree
from . import finder, interpreter, resolution
from .cache import cached_per_tree
from .imports import resolve_relative
from .module import own_files, parse

# Folders of a project that no function loads, and files of the same kind.
_DEVELOPMENT = frozenset(
    [
        *("tests", "test", "testing", "docs", "doc", "examples", "example", "samples", "notebooks"),
        *("scripts", "ci", "tools", "training", "benchmarks", "bench", "infra", "cdk", "terraform"),
    ]
)
_DEVELOPMENT_FILE = re.compile(r"test_\w+\.py|\w+_test\.py|conftest\.py|setup\.py|noxfile\.py")
_EVENT_NAMES = frozenset(["event", "_event", "evt"])
_DEFINES_HANDLER = re.compile(rb"\bdef\s+\w+\s*\(\s*(?:_?event|evt)\b")
_DYNAMIC = re.compile(rb"\b(import_module|__import__)\s*\(")


@dataclass(frozen=True)
class _Reach:
    """:param starts: the handler's file, or those that define one; empty for a shell function
    :param files: all that an invocation can load
    """

    tree: Tree
    starts: Sequence[str]
    files: Sequence[str]

    @cached_property
    def text(self) -> bytes:
        """The files' text, one after the other."""
        return b"\n".join(map(self.tree.read, self.files))


def reachable_files(context: CheckContext) -> Sequence[str]:
    """Return the paths of the function's own Python files that an invocation can load, in order."""
    return _reach(context).files


def may_run(context: CheckContext, script: str) -> bool:
    """Return whether an invocation may run a script of the function.

    If the handler is in Python, its code names what it runs. A shell function may run any script
    that is not for development only.
    """
    reach = _reach(context)
    if not reach.starts and not is_development(script):
        return True
    return posixpath.basename(script).encode("utf-8", "surrogateescape") in reach.text


def _reach(context: CheckContext) -> _Reach:
    known = _by_handler(context.tree)
    if context.handler not in known:
        own = list(own_files(context.tree))
        starts = _find_starts(context, own)
        files = _find_reachable(context, own, starts)
        known[context.handler] = _Reach(context.tree, starts, files)
    return known[context.handler]


@cached_per_tree
def _by_handler(_: Tree) -> dict[str, _Reach]:
    return {}


def _find_reachable(
    context: CheckContext, own: Sequence[str], starts: Sequence[str]
) -> Sequence[str]:
    likely = [path for path in own if not is_development(path)]
    if not starts:
        return likely
    reached = _follow(context, starts, frozenset(own))
    if any(_DYNAMIC.search(context.tree.read(path)) for path in reached):
        # What they name cannot be known.
        return list(dict.fromkeys([*reached, *likely]))
    return reached


def _find_starts(context: CheckContext, own: Iterable[str]) -> list[str]:
    if context.handler:
        resolved = resolution.resolve(context)
        if resolved and resolved.place.path:
            return [resolved.place.path]
        return []
    likely = (path for path in own if not is_development(path))
    return [path for path in likely if _has_handler(context.tree, path)]


def _has_handler(tree: Tree, path: str) -> bool:
    if not _DEFINES_HANDLER.search(tree.read(path)):  # parsing takes a hundred times as long
        return False
    body = parse(tree, path).body
    for node in body.body if body else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            if names and names[0] in _EVENT_NAMES:
                return True
    return False


def _follow(context: CheckContext, starts: Iterable[str], own: frozenset[str]) -> list[str]:
    path = interpreter.user_path(context)
    reached: dict[str, None] = {}
    waiting = list(starts)
    while waiting:
        file = waiting.pop()
        if file in reached or file not in own:
            continue
        reached[file] = None
        body = parse(context.tree, file).body
        for name in imported_names(body, package_of(file, path)) if body else ():
            place = finder.find(context.tree, name, path)
            if place is not None and place.path:
                waiting.append(place.path)
    return list(reached)


def package_of(file: str, path: Iterable[str]) -> str:
    """Return the dotted package that a file is in, or is."""
    for folder in sorted(path, key=len, reverse=True):
        if file.startswith(f"{folder.rstrip('/')}/"):
            relative = posixpath.dirname(file[len(folder.rstrip("/")) + 1 :])
            return relative.replace("/", ".")
    return posixpath.relpath(posixpath.dirname(file), TASK).replace("/", ".").strip(".")


def imported_names(body: ast.Module, package: str) -> Iterator[str]:
    """Yield every dotted name that a module may import, with its packages."""
    for node in ast.walk(body):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = resolve_relative(node, package)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if all(parts):
                yield from (".".join(parts[: count + 1]) for count in range(len(parts)))


def is_development(path: str) -> bool:
    *folders, name = posixpath.relpath(path, TASK).split("/")
    if any(folder in _DEVELOPMENT or folder.startswith(".") for folder in folders):
        return True
    return bool(_DEVELOPMENT_FILE.fullmatch(name))
