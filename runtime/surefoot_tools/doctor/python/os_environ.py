"""Where Python code prints ``os.environ`` as a whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_NAMES = frozenset(["environ", "environb"])
_PRINTERS = frozenset(["print", "pprint", "pp"])
_METHODS = frozenset(
    [
        "debug",
        "info",
        "warning",
        "error",
        "critical",
        "exception",
        "log",
        "write",
        "print",
        "pprint",
    ]
)
_KEEPERS = frozenset(["dict", "str", "repr", "dumps", "pformat", "format"])
# Of a mapping they keep the names alone.
_ITERATORS = frozenset(["list", "tuple", "sorted", "join"])
_VIEWS = frozenset(["items", "copy", "values"])


def printed(module: ast.Module) -> Iterator[int]:
    """Yield the lines of calls that print it or hand it to a logger."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _is_printer(node.func):
            given = [*node.args, *(word.value for word in node.keywords)]
            if any(_is_whole(argument) for argument in given):
                yield node.lineno
        elif isinstance(node, ast.For) and _has_values(node.iter):
            yield from _in_loop(node)


def _in_loop(loop: ast.For) -> Iterator[int]:
    """Yield the prints of the value in ``for name, value in os.environ.items()``."""
    names = [node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)]
    for node in (inner for statement in loop.body for inner in ast.walk(statement)):
        if isinstance(node, ast.Call) and _is_printer(node.func):
            used = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            if names and names[-1] in used:
                yield node.lineno


def _is_printer(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _PRINTERS
    return isinstance(function, ast.Attribute) and function.attr in _METHODS


def _is_whole(node: ast.expr) -> bool:
    """Whether the value of an expression has the values of all variables."""
    if isinstance(node, ast.Attribute):
        return node.attr in _NAMES and isinstance(node.value, ast.Name) and node.value.id == "os"
    if isinstance(node, ast.Name):
        return node.id in _NAMES
    if isinstance(node, ast.Call):
        return _keeps(node)
    if isinstance(node, ast.JoinedStr):
        return any(
            isinstance(part, ast.FormattedValue) and _is_whole(part.value) for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return any(_is_whole(part) for part in _operands(node))
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return any(_is_whole(part) for part in node.elts)
    if isinstance(node, ast.Dict):  # {**os.environ} has no key there
        return any(_is_whole(value) for value in node.values)
    return isinstance(node, ast.Starred) and _has_values(node.value)


def _operands(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yield what a chain of operators joins; generated code has chains of thousands."""
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        yield left.right
        left = left.left
    yield left


def _has_values(node: ast.expr) -> bool:
    """Whether going through it gives values, not only names."""
    return isinstance(node, ast.Call) and _is_whole(node)


def _keeps(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in _VIEWS:
        return _is_whole(function.value)
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name in _ITERATORS:
        return any(_has_values(argument) for argument in call.args)
    return name in _KEEPERS and any(_is_whole(argument) for argument in call.args)
