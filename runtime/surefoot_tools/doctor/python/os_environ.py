"""Where Python code prints, logs or returns ``os.environ`` as a whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .calls import aliases, argument, dotted
from .environ_values import (
    Names,
    ShownValue,
    given,
    is_whole,
    last_name,
    returns_of,
    runs_env,
    value_tester,
)
from .values import Scope, is_scope, scope_of

_PRINTERS = frozenset(["print", "pprint", "pp"])
_METHODS = frozenset(
    [
        *("debug", "info", "warning", "warn", "error", "critical", "exception", "log"),
        *("print", "pprint"),
    ]
)
_WRITERS = frozenset(["write", "writelines"])
# Where what is written becomes a line of the log.
_LOG_FILES = frozenset(
    f"sys.{name}{tail}"
    for name in ("stdout", "stderr", "__stdout__", "__stderr__")
    for tail in ("", ".buffer")
)
_EVENT_NAMES = frozenset(["event", "_event", "evt"])
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def find_leaks(module: ast.Module, handler: str = "") -> Iterator[int]:
    """Yield the lines of a file that show all variables, each once, in order.

    :param handler: the function whose result the caller gets; each that looks like one if empty
    """
    known = aliases(module)
    functions = {each.name: each for each in module.body if isinstance(each, ast.FunctionDef)}
    lines: set[int] = set()
    called = _names_of(handler, scope_of(module))
    waiting: list[tuple[ast.AST, tuple[Scope, ...]]] = [(module, (scope_of(module),))]
    while waiting:
        node, scopes = waiting.pop()
        names = _with_filled(node, Names(known, scopes, functions))
        for inner in _inside(node):
            if is_scope(inner):
                waiting.append((inner, (*scopes, scope_of(inner))))
            lines.update(_leaks(inner, names))
            lines.update(_returned_by_lambda(inner, names, called))
        if isinstance(node, _FUNCTIONS) and _is_handler(node.args, node.name, called):
            lines.update(each.lineno for each in returns_of(node) if is_whole(each, names))
    yield from sorted(lines)


def _with_filled(scope: ast.AST, names: Names) -> Names:
    """Note the names that get all variables later: by update(), or as an item."""
    filled = set()
    for node in _inside(scope):
        if isinstance(node, ast.Assign) and is_whole(node.value, names):
            filled |= {
                target.value.id
                for target in node.targets
                if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
            }
        elif isinstance(node, ast.Call) and last_name(node.func) == "update":
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            if isinstance(owner, ast.Name) and any(is_whole(each, names) for each in given(node)):
                filled.add(owner.id)
    return Names(names.aliases, names.scopes, names.functions, filled)


def _inside(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, and the inner scopes themselves, but not what is in those."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not is_scope(node):
            waiting.extend(ast.iter_child_nodes(node))


def _leaks(node: ast.AST, names: Names) -> Iterator[int]:
    if isinstance(node, ast.Call):
        if any(is_whole(each, names) for each in _printed(node, names)) or _logs_env(node, names):
            yield node.lineno
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        if any(is_whole(each, names) for each in node.exc.args):  # reported to caller and log
            yield node.lineno
    elif isinstance(node, ast.Assert):
        if node.msg is not None and is_whole(node.msg, names):
            yield node.lineno
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield from _in_loop(node.target, node.iter, node.body, names)
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        first = node.generators[0]
        if not first.ifs:
            yield from _in_loop(first.target, first.iter, [node.elt], names)


def _returned_by_lambda(node: ast.AST, names: Names, called: frozenset[str]) -> Iterator[int]:
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        [*_, name] = [getattr(target, "id", "") for target in node.targets]
        if _is_handler(node.value.args, name, called) and is_whole(node.value.body, names):
            yield node.lineno


def _in_loop(
    target: ast.expr, iterated: ast.expr, body: Sequence[ast.AST], names: Names
) -> Iterator[int]:
    """Yield the lines in a loop over all variables that print a variable's value."""
    shows = value_tester(target, iterated, names)
    if shows is None:
        return
    for statement in body:
        if _may_skip(statement, shows):
            return
        for node in _unfiltered(statement, shows):
            if isinstance(node, ast.Call) and any(map(shows, _printed(node, names))):
                yield node.lineno


def _may_skip(statement: ast.AST, shows: ShownValue) -> bool:
    """Return whether the loop goes on without this variable on some condition."""
    return _is_filter(statement, shows) and any(
        isinstance(node, (ast.Continue, ast.Break)) for node in ast.walk(statement)
    )


def _unfiltered(statement: ast.AST, shows: ShownValue) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that no condition on the variable guards."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if not _is_filter(node, shows):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def _is_filter(node: ast.AST, shows: ShownValue) -> bool:
    return isinstance(node, ast.If) and shows.filters(node.test)


def _logs_env(call: ast.Call, names: Names) -> bool:
    """Return whether a call runs a program that prints all variables to the function's log."""
    if any(word.arg in {"stdout", "capture_output"} for word in call.keywords):
        return False
    if last_name(call.func) in {"check_output", "getoutput", "popen"}:
        return False  # its caller has the output
    return runs_env(call, names)


def _printed(call: ast.Call, names: Names) -> Iterator[ast.expr]:
    """Yield the arguments of a call that become lines of the log."""
    function = call.func
    name = last_name(function)
    if _is_printer(function):
        file = argument(call, None, "file")
        if file is None or dotted(file, names.aliases) in _LOG_FILES:
            yield from given(call)
    elif name in _WRITERS and isinstance(function, ast.Attribute):
        if dotted(function.value, names.aliases) in _LOG_FILES:
            yield from given(call)
    elif name == "dump" and len(call.args) > 1:
        if dotted(call.args[1], names.aliases) in _LOG_FILES:
            yield call.args[0]
    elif name == "map" and call.args and _is_printer(call.args[0]):
        yield from call.args[1:]


def _is_printer(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _PRINTERS
    return isinstance(function, ast.Attribute) and function.attr in _METHODS


def _names_of(handler: str, scope: Scope) -> frozenset[str]:
    """Return the handler's name and the one that it was assigned from; none if it is unknown."""
    value = scope.get(handler)
    other = [value.id] if isinstance(value, ast.Name) else []
    return frozenset([handler, *other] if handler else [])


def _is_handler(arguments: ast.arguments, name: str, called: frozenset[str]) -> bool:
    if called:
        return name in called
    words = [*arguments.posonlyargs, *arguments.args]
    first = [each.arg for each in words if each.arg not in {"self", "cls"}][:1]
    return len(words) > 1 and (set(first) <= _EVENT_NAMES or "handler" in name)
