"""Imports at the top of the function's own modules whose names no code that ran mentions.

A name counts as used when it is mentioned (a) at the top level of the module, which runs when it
is imported, decorators, defaults and annotations with it, (b) in the body of a function that ran
during init or the invocation, or (c) by another of the function's modules that takes it from there.
In doubt it counts as used: star imports, strings that spell the name, modules that look names up
with globals() or eval(). So what is left was not needed by this invocation; it may be by another.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_LOOKUPS = frozenset(["globals", "locals", "vars", "eval", "exec", "__import__"])


@dataclass(frozen=True)
class Statement:
    """One imported name: ``module`` is what the statement names, ``targets`` what it may load."""

    importer: str
    line: int
    module: str
    bound: str
    targets: tuple[str, ...]


@dataclass
class Source:
    """One of the function's own modules, read."""

    name: str
    statements: list[Statement] = field(default_factory=list)
    inner: list[Statement] = field(default_factory=list)
    """Imports inside functions."""
    mentions: set[str] = field(default_factory=set)
    taken: set[tuple[str, str]] = field(default_factory=set)
    """(module, name) for each name that it takes from another module."""
    attributes: set[str] = field(default_factory=set)
    opaque: bool = False


def read(name: str, text: str, *, is_package: bool, ran: Collection[int]) -> Source:
    """Read a module's source.

    :param ran: the lines at which the functions that ran are defined
    :raises SyntaxError: it is not Python
    """
    source = Source(name)
    package = name if is_package else name.rpartition(".")[0]
    _Reader(source, package, ran).body(ast.parse(text).body)
    return source


def unused(sources: Mapping[str, Source]) -> list[Statement]:
    """Return the imported names that nothing needed."""
    taken = {pair for source in sources.values() for pair in source.taken}
    return [
        statement
        for source in sources.values()
        if not source.opaque
        for statement in source.statements
        if statement.bound not in source.mentions
        and (source.name, statement.bound) not in taken
        and (source.name, "*") not in taken
        and not any(
            statement.bound in other.attributes for other in sources.values() if other is not source
        )
    ]


class _Reader:
    """Walks a module, telling code that ran from code that did not."""

    def __init__(self, source: Source, package: str, ran: Collection[int]) -> None:
        self.source = source
        self.package = package
        self.ran = ran

    def body(self, nodes: list[ast.stmt], *, top: bool = True) -> None:
        for node in nodes:
            self.visit(node, top=top)

    def visit(self, node: ast.AST, *, top: bool) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self.take(node, top=top)
                return
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(node, top=top)
                return
            case ast.Name(id=name):
                self.source.mentions.add(name)
                self.source.opaque |= name in _LOOKUPS
            case ast.Attribute(attr=name):
                self.source.attributes.add(name)
            case ast.Constant(value=str(text)):
                self.source.mentions.add(text)
        for child in ast.iter_child_nodes(node):
            self.visit(child, top=top)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, top: bool) -> None:
        outside = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
        for each in outside:
            self.visit(each, top=top)
        # A code object's first line is that of its first decorator.
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        if first in self.ran:
            self.body(node.body, top=False)
        else:
            # What it would import stays in the graph: who knows when it runs.
            for inner in ast.walk(node):
                if isinstance(inner, (ast.Import, ast.ImportFrom)):
                    self.take(inner, top=False)

    def take(self, node: ast.Import | ast.ImportFrom, *, top: bool) -> None:
        statements = list(self.split(node))
        (self.source.statements if top else self.source.inner).extend(statements)

    def split(self, node: ast.Import | ast.ImportFrom) -> Iterator[Statement]:
        name = self.source.name
        if isinstance(node, ast.Import):
            for each in node.names:
                bound = each.asname or each.name.split(".")[0]
                yield Statement(name, node.lineno, each.name, bound, (each.name,))
            return
        module = self.absolute(node)
        if module == "__future__":
            return
        for each in node.names:
            self.source.taken.add((module, each.name))
            if each.name == "*":
                self.source.opaque = True
                return
            targets = (module, f"{module}.{each.name}")
            yield Statement(name, node.lineno, module, each.asname or each.name, targets)

    def absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        base = ".".join(parts[: len(parts) - node.level + 1])
        return f"{base}.{node.module}" if node.module else base
