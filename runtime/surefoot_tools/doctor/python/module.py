"""One Python file, read and parsed once however many checks ask."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from ..context import TASK
from ..image.tree import Tree
from . import interpreter
from .cache import cached_per_tree
from .distributions import owners
from .imports import changes_path
from .interpreter import virtual_environments
from .names import Names, top_level

Result = TypeVar("Result")
# A larger file is data, and its syntax tree takes 400 times its size. It counts as not parsed.
MAX_SOURCE_BYTES = 512 << 10
# Grammar by the version that brought it: PEP 654, 695 and 696, 750 and 758, 810.
_NEWER_GRAMMAR = {
    (3, 11): re.compile(rb"\bexcept\s*\*"),
    (3, 12): re.compile(
        rb"^\s*(?:type\s+\w+|(?:async\s+)?def\s+\w+\s*\[|class\s+\w+\s*\[)", re.MULTILINE
    ),
    (3, 14): re.compile(rb"(?<!\w)[tT][rR]?['\"]|\bexcept\s+[\w.]+\s*,"),
    (3, 15): re.compile(rb"^lazy\s+(?:import|from)\b", re.MULTILINE),
}
# PEP 701: quotes of the same kind inside an f-string.
_NESTED = re.compile(rb"""[fF][rR]?(['"]).*\{[^}]*\1""")


@dataclass(frozen=True)
class SyntaxProblem:
    """Why a file is not valid Python; `line` is 0 if the parser names none."""

    reason: str
    line: int = 0


@dataclass(frozen=True)
class Module:
    """A file: its parsed body, or the problem; neither if this Python is too old to parse it, or
    the file larger than MAX_SOURCE_BYTES.
    """

    path: str
    source: bytes
    body: ast.Module | None = None
    problem: SyntaxProblem | None = None

    @cached_property
    def names(self) -> Names | None:
        """What its top level binds."""
        return top_level(self.body, self.source) if self.body else None

    @cached_property
    def changes_path(self) -> bool:
        """Whether it may change where modules are looked for."""
        return changes_path(self.source)

    @cached_property
    def compile_error(self) -> SyntaxProblem | None:
        """Return the problem, or what only the compiler minds: return outside of a function."""
        body = self.body
        if body is None:
            return self.problem
        return _attempt(lambda: compile(body, self.path, "exec", dont_inherit=True))[1]


@cached_per_tree
def _parsed(_: Tree) -> dict[str, Module]:
    return {}


def parse(tree: Tree, path: str) -> Module:
    """Return the file at `path`, which must be there."""
    known = _parsed(tree)
    if path not in known:
        is_certain = interpreter.find(tree) is not None
        version = interpreter.version(tree)
        known[path] = _parse(path, tree.read(path), version, is_certain=is_certain)
    return known[path]


def own_files(tree: Tree) -> Iterator[str]:
    """Yield the Python files of the task root that no installer wrote."""
    installed = owners(tree)
    environments = tuple(f"{folder}/" for folder in virtual_environments(tree))
    for entry in tree.under(TASK):
        if not entry.is_file or not entry.path.endswith(".py") or entry.path in installed:
            continue
        if not entry.path.startswith(environments):
            yield entry.path


def _parse(path: str, source: bytes, version: tuple[int, int], *, is_certain: bool) -> Module:
    if len(source) > MAX_SOURCE_BYTES:
        return Module(path, source)
    # Grammar that came after this interpreter would look like a compile_error.
    can_judge = version <= sys.version_info[:2]
    feature = version if can_judge else None
    body, problem = _attempt(lambda: ast.parse(source, path, feature_version=feature))
    if not is_certain and problem and _may_be_newer(source, problem):
        can_judge = False
    return Module(path, source, body, problem if can_judge else None)


def _may_be_newer(source: bytes, problem: SyntaxProblem) -> bool:
    """Return whether what this Python rejects may be the grammar of a later one."""
    if sys.version_info < (3, 12) and ("f-string" in problem.reason or _NESTED.search(source)):
        return True
    return any(
        sys.version_info < version and pattern.search(source)
        for version, pattern in _NEWER_GRAMMAR.items()
    )


def _attempt(make: Callable[[], Result]) -> tuple[Result | None, SyntaxProblem | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make(), None
    except SyntaxError as error:
        return None, SyntaxProblem(error.msg, error.lineno or 0)
    except ValueError as error:
        return None, SyntaxProblem(str(error))
    except (RecursionError, MemoryError):
        # Deeper than this interpreter's stack; another may accept it.
        return None, None
