"""Where Python code prints, logs or returns ``os.environ`` as a whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..shell.commands import commands
from ..shell.env_commands import printed as printing_commands
from .calls import aliases, argument, dotted
from .values import Scope, is_scope, scope_of

_ENVIRON = frozenset(["os.environ", "os.environb", "environ", "environb"])
_PRINTERS = frozenset(["print", "pprint", "pp"])
_METHODS = frozenset(
    [
        *("debug", "info", "warning", "error", "critical", "exception", "log"),
        *("write", "print", "pprint"),
    ]
)
# Functions whose result shows the values of what they are given.
_KEEPERS = frozenset(["dict", "str", "repr", "dumps", "pformat", "format", "encode", "deepcopy"])
# Of a mapping they keep the names alone.
_ITERATORS = frozenset(["list", "tuple", "sorted", "join", "set"])
_VIEWS = frozenset(["items", "copy", "values"])
_LOOKUPS = frozenset(["get", "getenv"])
_RUNNERS = frozenset(
    ["os.system", *(f"subprocess.{each}" for each in ("run", "call", "check_call", "Popen"))]
)
_EVENT_NAMES = frozenset(["event", "_event", "evt"])
_MAX_DEPTH = 20  # names that stand for names


@dataclass(frozen=True)
class _Names:
    """What the names around an expression stand for."""

    aliases: Mapping[str, str]
    scopes: Sequence[Scope] = ()
    depth: int = 0

    def value(self, name: str) -> ast.expr | None:
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)


def find_leaks(module: ast.Module) -> Iterator[int]:
    """Yield the lines of a file that show all variables, each once, in order."""
    known = aliases(module)
    lines: set[int] = set()
    waiting: list[tuple[ast.AST, tuple[Scope, ...]]] = [(module, (scope_of(module),))]
    while waiting:
        node, scopes = waiting.pop()
        names = _Names(known, scopes)
        for inner in _inside(node):
            if is_scope(inner):
                waiting.append((inner, (*scopes, scope_of(inner))))
            lines.update(_leaks(inner, names))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _is_handler(node):
            lines.update(_returned(node, names))
    yield from sorted(lines)


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, and the inner scopes themselves, but not what is in those."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not is_scope(node):
            waiting.extend(ast.iter_child_nodes(node))


def _leaks(node: ast.AST, names: _Names) -> Iterator[int]:
    if isinstance(node, ast.Call):
        shown = _given(node) if _is_printer(node.func) else ()
        if any(_is_whole(each, names) for each in shown) or _prints_by_command(node, names):
            yield node.lineno
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        if any(_is_whole(each, names) for each in node.exc.args):  # reported to caller and log
            yield node.lineno
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield from _in_loop(node.target, node.iter, node.body, names)
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        first = node.generators[0]
        if not first.ifs:
            yield from _in_loop(first.target, first.iter, [node.elt], names)


def _in_loop(
    target: ast.expr, iterated: ast.expr, body: Sequence[ast.AST], names: _Names
) -> Iterator[int]:
    """Yield the lines in a loop over all variables that print a variable's value."""
    shows = _value_tester(target, iterated, names)
    if shows is None:
        return
    calls = [
        node
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and _is_printer(node.func)
    ]
    for call in calls:
        if any(shows(node) for each in _given(call) for node in ast.walk(each)):
            yield call.lineno


def _value_tester(target: ast.expr, iterated: ast.expr, names: _Names) -> _Shows | None:
    """Return a test for nodes that are a variable's value in a loop; None if it is another loop."""
    bound = [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
    if not bound:
        return None
    if isinstance(iterated, ast.Call) and _is_whole(iterated, names):  # items(), values()
        return _Shows(bound[-1], "", names)
    keys = iterated.func.value if _is_keys(iterated) else iterated  # type: ignore[attr-defined]
    if _is_whole(keys, names) and not isinstance(keys, ast.Call):
        return _Shows("", bound[0], names)
    return None


@dataclass(frozen=True)
class _Shows:
    """Whether a node is the loop's value, or looks its key up in the environment."""

    value: str
    key: str
    names: _Names

    def __call__(self, node: ast.AST) -> bool:
        if self.value:
            return isinstance(node, ast.Name) and node.id == self.value
        if isinstance(node, ast.Subscript):
            return _is_name(node.slice, self.key) and _is_whole(node.value, self.names)
        if not isinstance(node, ast.Call) or not node.args or not _is_name(node.args[0], self.key):
            return False
        return _last_name(node.func) in _LOOKUPS


def _prints_by_command(call: ast.Call, names: _Names) -> bool:
    """Return whether a call runs a program that prints all variables to the function's log."""
    if dotted(call.func, names.aliases) not in _RUNNERS:
        return False
    if any(word.arg in {"stdout", "capture_output"} for word in call.keywords):
        return False
    command = argument(call, 0, "args") or argument(call, 0, "command")
    if isinstance(command, (ast.List, ast.Tuple)):
        words = [str(each.value) for each in command.elts if isinstance(each, ast.Constant)]
        is_shell = len(words) > 2 and words[0].endswith("sh") and words[1].endswith("c")
        line = words[2] if is_shell else " ".join(words)
        text: object = line if len(words) == len(command.elts) else ""
    else:
        text = command.value if isinstance(command, ast.Constant) else ""
    return isinstance(text, str) and any(printing_commands(commands(text)))


def _returned(function: ast.FunctionDef | ast.AsyncFunctionDef, names: _Names) -> Iterator[int]:
    for node in _inside(function):
        if isinstance(node, ast.Return) and node.value and _is_whole(node.value, names):
            yield node.lineno


def _is_handler(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args]
    first = [each.arg for each in arguments if each.arg not in {"self", "cls"}][:1]
    return len(arguments) > 1 and (first[0] in _EVENT_NAMES or "handler" in function.name)


def _given(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (word.value for word in call.keywords)


def _is_printer(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _PRINTERS
    return isinstance(function, ast.Attribute) and function.attr in _METHODS


def _is_whole(node: ast.expr, names: _Names) -> bool:
    """Return whether the value of an expression has the values of all variables."""
    if names.depth > _MAX_DEPTH:
        return False
    if isinstance(node, (ast.Attribute, ast.Name)):
        return _names_environ(node, names)
    if isinstance(node, ast.Call):
        return _keeps(node, names)
    if isinstance(node, ast.BinOp):
        return any(_is_whole(part, names) for part in _operands(node))
    if isinstance(node, ast.Starred):
        return isinstance(node.value, ast.Call) and _is_whole(node.value, names)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        return _is_whole_comprehension(node, names)
    return any(_is_whole(part, names) for part in _parts(node))


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    """Return the expressions whose values are in the value of a display, or of an f-string."""
    if isinstance(node, ast.JoinedStr):
        return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return node.elts
    if isinstance(node, ast.Dict):  # {**os.environ} has no key there
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return []


def _names_environ(node: ast.Attribute | ast.Name, names: _Names) -> bool:
    if isinstance(node, ast.Name) and node.id not in names.aliases:
        value = names.value(node.id)
        if value is not None:
            deeper = _Names(names.aliases, names.scopes, names.depth + 1)
            return _is_whole(value, deeper)
    return dotted(node, names.aliases) in _ENVIRON


def _is_whole_comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, names: _Names
) -> bool:
    first = node.generators[0]
    if first.ifs:  # a filter may leave the secrets out
        return False
    shows = _value_tester(first.target, first.iter, names)
    element = node.value if isinstance(node, ast.DictComp) else node.elt
    return shows is not None and any(shows(inner) for inner in ast.walk(element))


def _operands(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yield what a chain of operators joins; generated code has chains of thousands."""
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        yield left.right
        left = left.left
    yield left


def _keeps(call: ast.Call, names: _Names) -> bool:
    function, name = call.func, _last_name(call.func)
    if isinstance(function, ast.Attribute):
        if name in _VIEWS and _is_whole(function.value, names):
            return True
        # The bytes of a text: str(os.environ).encode()
        if name == "encode" and isinstance(function.value, ast.Call):
            return _is_whole(function.value, names)
    if name in _ITERATORS:
        return any(
            not isinstance(each, (ast.Attribute, ast.Name)) and _is_whole(each, names)
            for each in call.args
        )
    return name in _KEEPERS and any(_is_whole(each, names) for each in _given(call))


def _is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) == "keys"


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""
