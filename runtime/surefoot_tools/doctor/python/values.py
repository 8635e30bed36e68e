"""What an expression's text is, or begins with: constants, joined paths, f-strings, __file__."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..context import TASK
from .calls import dotted

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# A name to its value; None where it has several, or one that no expression shows.
Scope = Mapping[str, "ast.expr | None"]

_DEPTH = 30  # a = a + "x" would recurse forever


@dataclass(frozen=True)
class PartialString:
    """A text, or where it is not `whole`, only its beginning."""

    text: str
    whole: bool = True


@dataclass(frozen=True)
class EvalContext:
    """What surrounds an expression.

    :param path: of its file, in the image
    :param scopes: from the module's to that of the function it is in
    """

    path: str
    home: str = "/tmp"
    workdir: str = TASK
    aliases: Mapping[str, str] = field(default_factory=dict)
    scopes: Sequence[Scope] = ()
    depth: int = 0

    def name(self, node: ast.expr) -> str:
        """Return the dotted name that an expression stands for, or an empty string."""
        return dotted(node, self.aliases)

    def deeper(self) -> EvalContext:
        """Return the same, one step on."""
        return EvalContext(
            self.path, self.home, self.workdir, self.aliases, self.scopes, self.depth + 1
        )


def evaluate(node: ast.expr | None, known: EvalContext) -> PartialString | None:
    """Return the text of an expression; None where nothing is known of it."""
    known = known.deeper()
    if node is None or known.depth > _DEPTH:
        return None
    if isinstance(node, ast.Constant):
        return PartialString(node.value) if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return _named(node.id, known)
    if isinstance(node, ast.JoinedStr):
        return _joined([_piece(value, known) for value in node.values])
    if isinstance(node, ast.BinOp):
        return _binary(node, known)
    if isinstance(node, ast.Call):
        return _call(node, known)
    if isinstance(node, ast.Attribute) and node.attr == "parent":
        return _parent(evaluate(node.value, known))
    if isinstance(node, ast.Subscript):
        return _subscript(node, known)
    return None


def join(parts: Sequence[PartialString | None]) -> PartialString | None:
    """Join as os.path.join does; what follows an unknown part is unknown."""
    whole = parts[0] if parts else None
    for part in parts[1:]:
        if whole is None or not whole.whole:
            return whole
        if part is None:
            return PartialString(f"{whole.text.rstrip('/')}/", whole=False)
        whole = PartialString(posixpath.join(whole.text, part.text), part.whole)
    return whole


def _named(name: str, known: EvalContext) -> PartialString | None:
    if name == "__file__":
        return PartialString(known.path)
    for scope in reversed(known.scopes):
        if name in scope:
            return evaluate(scope[name], known)
    return None


def _joined(pieces: Sequence[PartialString | None]) -> PartialString | None:
    text = ""
    for piece in pieces:
        text += piece.text if piece else ""
        if piece is None or not piece.whole:
            return PartialString(text, whole=False) if text else None
    return PartialString(text)


def _piece(node: ast.expr, known: EvalContext) -> PartialString | None:
    if isinstance(node, ast.FormattedValue):
        plain = node.format_spec is None and node.conversion == -1
        return evaluate(node.value, known) if plain else None
    return evaluate(node, known)


def _binary(node: ast.BinOp, known: EvalContext) -> PartialString | None:
    left = evaluate(node.left, known)
    if left is None:
        return None
    if isinstance(node.op, ast.Add):
        return _joined([left, evaluate(node.right, known)])
    if isinstance(node.op, ast.Div):
        return join([left, evaluate(node.right, known)])
    if isinstance(node.op, ast.Mod):
        return _up_to(left, "%")
    return None


def _call(node: ast.Call, known: EvalContext) -> PartialString | None:
    name = known.name(node.func)
    texts = [evaluate(argument, known) for argument in node.args]
    first = texts[0] if texts else None
    if name in ("os.path.join", "posixpath.join"):
        return join(texts)
    if name in ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"):
        return join(texts) if texts else PartialString(".")
    if name in ("os.path.abspath", "os.path.realpath", "os.path.normpath", "str", "os.fspath"):
        return first
    if name == "os.path.dirname":
        return _parent(first)
    if name == "os.path.expanduser":
        return _expanded(first, known)
    if name == "pathlib.Path.home":
        return PartialString(known.home)
    if name in ("pathlib.Path.cwd", "os.getcwd"):
        return PartialString(known.workdir)
    if not isinstance(node.func, ast.Attribute):
        return None
    owner = evaluate(node.func.value, known)
    if node.func.attr == "joinpath":
        return join([owner, *texts])
    if node.func.attr in ("resolve", "absolute", "as_posix"):
        return owner
    if node.func.attr == "expanduser":
        return _expanded(owner, known)
    if node.func.attr == "format" and owner is not None:
        return _up_to(owner, "{")
    return None


def _subscript(node: ast.Subscript, known: EvalContext) -> PartialString | None:
    value, key = node.value, node.slice
    if not isinstance(key, ast.Constant):
        return None
    if known.name(value) == "os.environ":
        return {"LAMBDA_TASK_ROOT": PartialString(TASK), "HOME": PartialString(known.home)}.get(
            str(key.value)
        )
    if isinstance(value, ast.Attribute) and value.attr == "parents" and isinstance(key.value, int):
        owner = evaluate(value.value, known)
        for _ in range(min(max(key.value, 0), _DEPTH) + 1):
            owner = _parent(owner)
        return owner
    return None


def _parent(text: PartialString | None) -> PartialString | None:
    return PartialString(posixpath.dirname(text.text)) if text and text.whole else None


def _expanded(text: PartialString | None, known: EvalContext) -> PartialString | None:
    if text is None or not (text.text == "~" or text.text.startswith("~/")):
        return text
    return PartialString(known.home + text.text[1:], text.whole)


def _up_to(text: PartialString, mark: str) -> PartialString | None:
    before, found, _ = text.text.partition(mark)
    if not found:
        return text
    return PartialString(before, whole=False) if before else None


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
