"""Which expressions have the values of all variables: ``os.environ``, its copies and texts."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ..shell.commands import commands
from ..shell.env_commands import printed as printing_commands
from .calls import argument, dotted
from .values import Scope, scope_of

_ENVIRON = frozenset(["os.environ", "os.environb", "environ", "environb"])
_PROCESS_ENVIRONMENT = "/proc/self/environ"
# Functions whose result shows the values of what they are given.
_KEEPERS = frozenset(["dict", "str", "repr", "dumps", "pformat", "format", "encode", "deepcopy"])
# Of a mapping they keep the names alone.
_ITERATORS = frozenset(["list", "tuple", "sorted", "join", "set", "reversed"])
# Methods whose result shows what the text or the mapping shows.
_VIEWS = frozenset(["items", "copy", "values", "__repr__", "__str__", "__dict__"])
_TEXT_METHODS = frozenset(
    ["decode", "encode", "strip", "rstrip", "splitlines", "replace", "read", "readlines"]
)
_READERS = frozenset(["read", "read_text", "read_bytes", "readlines"])
_LOOKUPS = frozenset(["get", "getenv"])
_RUNNERS = frozenset(
    [
        *("os.system", "os.popen"),
        *(
            f"subprocess.{each}"
            for each in ("run", "call", "check_call", "Popen", "check_output", "getoutput")
        ),
    ]
)
_COMPARISONS = (ast.Compare, ast.Lambda)
_MAX_DEPTH = 20  # names that stand for names


@dataclass(frozen=True)
class Names:
    """What the names around an expression stand for.

    :param filled: names that got all variables after they were bound: ``found.update(os.environ)``
    :param known: what has been decided, by the value's identity: chains of names end in time
    """

    aliases: Mapping[str, str]
    scopes: Sequence[Scope] = ()
    functions: Mapping[str, ast.FunctionDef] = field(default_factory=dict)
    filled: AbstractSet[str] = frozenset()
    depth: int = 0
    known: dict[int, bool] = field(default_factory=dict)

    def value(self, name: str) -> ast.expr | None:
        """Return the expression that a name stands for, if there is one."""
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def deeper(self, *scopes: Scope) -> Names:
        """Return the same, one step on, inside of these scopes, too."""
        return Names(
            self.aliases,
            (*self.scopes, *scopes),
            self.functions,
            self.filled,
            self.depth + 1,
            self.known,
        )


def is_whole(node: ast.expr, names: Names) -> bool:
    """Return whether the value of an expression has the values of all variables."""
    if names.depth > _MAX_DEPTH:
        return False
    if isinstance(node, ast.Name):
        return _is_whole_name(node, names)
    if isinstance(node, ast.Attribute):
        return dotted(node, names.aliases) in _ENVIRON or (
            node.attr == "stdout" and _is_output(node.value, names)
        )
    if isinstance(node, ast.Call):
        return _is_whole_call(node, names)
    if isinstance(node, ast.BinOp):
        return not _picks_by_name(node) and any(is_whole(part, names) for part in _operands(node))
    if isinstance(node, ast.Starred):
        return isinstance(node.value, ast.Call) and is_whole(node.value, names)
    if isinstance(node, ast.Subscript):  # the beginning of a text
        is_text = isinstance(node.slice, ast.Slice) and isinstance(node.value, ast.Call)
        return is_text and is_whole(node.value, names)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        return _is_whole_comprehension(node, names)
    return any(is_whole(part, names) for part in _parts(node))


def value_tester(target: ast.expr, iterated: ast.expr, names: Names) -> ShownValue | None:
    """Return a test for nodes that are a variable's value in a loop; None if it is another loop."""
    target, iterated = _unwrapped(target, iterated)
    bound = [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
    if not bound:
        return None
    if isinstance(iterated, ast.Call) and is_whole(iterated, names):  # items(), values()
        return ShownValue(bound[-1], "", names, bound[:-1])
    keys = iterated.func.value if _is_keys(iterated) else iterated  # type: ignore[attr-defined]
    if is_whole(keys, names) and not isinstance(keys, ast.Call):
        return ShownValue("", bound[0], names)
    return None


@dataclass(frozen=True)
class ShownValue:
    """Whether an expression shows the loop's value, or looks its key up in the environment."""

    value: str
    key: str
    names: Names
    others: Sequence[str] = ()  # what else the loop binds: the variable's name

    def __call__(self, node: ast.AST) -> bool:
        """Look into texts and displays; another function may hide the value, as len() does."""
        waiting = [node]
        while waiting:
            each = waiting.pop()
            if self._is_value(each):
                return True
            if isinstance(each, ast.Call):
                waiting += self._shown_by(each)
            elif isinstance(each, ast.IfExp):
                waiting += [] if self.filters(each.test) else [each.body, each.orelse]
            elif not isinstance(each, _COMPARISONS):
                waiting += ast.iter_child_nodes(each)
        return False

    def filters(self, test: ast.expr) -> bool:
        """Return whether a condition may leave this variable out: the secrets, perhaps."""
        bound = {self.value, self.key, *self.others} - {""}
        return any(isinstance(each, ast.Name) and each.id in bound for each in ast.walk(test))

    def _shown_by(self, call: ast.Call) -> Iterator[ast.AST]:
        name = last_name(call.func)
        if name in _KEEPERS or name in _ITERATORS:
            yield from given(call)
        if isinstance(call.func, ast.Attribute) and name in _TEXT_METHODS:
            yield call.func.value

    def _is_value(self, node: ast.AST) -> bool:
        if self.value:
            return isinstance(node, ast.Name) and node.id == self.value
        if isinstance(node, ast.Subscript):
            return _is_name(node.slice, self.key) and is_whole(node.value, self.names)
        if not isinstance(node, ast.Call) or not node.args or not _is_name(node.args[0], self.key):
            return False
        return last_name(node.func) in _LOOKUPS


def runs_env(call: ast.Call, names: Names) -> bool:
    """Return whether a call runs a program that prints all variables."""
    if dotted(call.func, names.aliases) not in _RUNNERS:
        return False
    command = argument(call, 0, "args") or argument(call, 0, "command") or argument(call, 0, "cmd")
    if isinstance(command, (ast.List, ast.Tuple)):
        words = [str(each.value) for each in command.elts if isinstance(each, ast.Constant)]
        is_shell = len(words) > 2 and words[0].endswith("sh") and words[1].endswith("c")
        line = words[2] if is_shell else " ".join(words)
        text: object = line if len(words) == len(command.elts) else ""
    else:
        text = command.value if isinstance(command, ast.Constant) else ""
    return isinstance(text, str) and any(printing_commands(commands(text)))


def given(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of a call."""
    yield from call.args
    yield from (word.value for word in call.keywords)


def last_name(function: ast.expr) -> str:
    """Return what comes after the last dot of a function's name."""
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def returns_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Yield what a function returns or yields, without the functions in it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            yield node.value
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def _is_whole_name(node: ast.Name, names: Names) -> bool:
    if node.id in names.filled:
        return True
    value = None if node.id in names.aliases else names.value(node.id)
    if value is None:
        return dotted(node, names.aliases) in _ENVIRON
    if id(value) not in names.known:
        names.known[id(value)] = False  # a = a
        names.known[id(value)] = is_whole(value, names.deeper())
    return names.known[id(value)]


def _is_whole_call(call: ast.Call, names: Names) -> bool:
    function, name = call.func, last_name(call.func)
    if isinstance(function, ast.Attribute) and _is_whole_method(function, name, names):
        return True
    if isinstance(function, ast.Name) and _returns_whole(function.id, names):
        return True
    if _is_output(call, names) and name in {"check_output", "getoutput"}:
        return True
    if name in _ITERATORS:
        return any(
            not isinstance(each, (ast.Attribute, ast.Name)) and is_whole(each, names)
            for each in call.args
        )
    if name == "format" and isinstance(function, ast.Attribute) and _formats_parts(call):
        return False
    return name in _KEEPERS and any(is_whole(each, names) for each in given(call))


def _is_whole_method(function: ast.Attribute, name: str, names: Names) -> bool:
    owner = function.value
    if name in _VIEWS:
        return is_whole(owner, names)
    if name in _READERS and isinstance(owner, ast.Call):
        if any(_is_text(each, _PROCESS_ENVIRONMENT) for each in owner.args):
            return True
        if _is_output(owner, names):  # os.popen
            return True
    # A text of it: str(os.environ).encode()
    return name in _TEXT_METHODS and not isinstance(owner, ast.Name) and is_whole(owner, names)


def _returns_whole(name: str, names: Names) -> bool:
    function = names.functions.get(name)
    if function is None:
        return False
    if id(function) not in names.known:
        names.known[id(function)] = False  # it may call itself
        inside = names.deeper(scope_of(function))
        names.known[id(function)] = any(is_whole(each, inside) for each in returns_of(function))
    return names.known[id(function)]


def _is_output(node: ast.expr, names: Names) -> bool:
    return isinstance(node, ast.Call) and runs_env(node, names)


def _picks_by_name(node: ast.BinOp) -> bool:
    """Return whether it is '%(NAME)s' % os.environ."""
    left = node.left
    is_text = isinstance(left, ast.Constant) and isinstance(left.value, str)
    return isinstance(node.op, ast.Mod) and is_text and "%(" in left.value  # type: ignore[attr-defined]


def _formats_parts(call: ast.Call) -> bool:
    """Return whether a format string names the variables that it shows."""
    text = call.func.value  # type: ignore[attr-defined]
    if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
        return False
    if not call.args and all(word.arg is None for word in call.keywords):
        return True
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(text.value) if name]
    except ValueError:
        return False
    return bool(fields) and all("[" in name for name in fields)


def _unwrapped(target: ast.expr, iterated: ast.expr) -> tuple[ast.expr, ast.expr]:
    """Look through enumerate(), and through sorted() and its like around names."""
    while isinstance(iterated, ast.Call) and iterated.args:
        name = last_name(iterated.func)
        if name == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) > 1:
            target = target.elts[1]
        elif name not in _ITERATORS or name == "join":
            break
        iterated = iterated.args[0]
    return target, iterated


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
    if isinstance(node, ast.NamedExpr):
        return [node.value]
    return []


def _is_whole_comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, names: Names
) -> bool:
    first = node.generators[0]
    if first.ifs:  # a filter may leave the secrets out
        return False
    shows = value_tester(first.target, first.iter, names)
    element = node.value if isinstance(node, ast.DictComp) else node.elt
    return shows is not None and shows(element)


def _operands(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yield what a chain of operators joins; generated code has chains of thousands."""
    left: ast.expr = node
    while isinstance(left, ast.BinOp):
        yield left.right
        left = left.left
    yield left


def _is_text(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "keys"


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
