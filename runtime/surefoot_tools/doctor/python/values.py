"""What an expression's text is, or begins with: constants, joined paths, f-strings, __file__."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..image.context import TASK
from .calls import dotted
from .scope import Scope

_DEPTH = 30  # a = a + "x" would have no end


@dataclass(frozen=True)
class Text:
    """A text, or where it is not `whole`, only its beginning."""

    text: str
    whole: bool = True


@dataclass(frozen=True)
class Known:
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

    def deeper(self) -> Known:
        """Return the same, one step on."""
        return Known(self.path, self.home, self.workdir, self.aliases, self.scopes, self.depth + 1)


def evaluate(node: ast.expr | None, known: Known) -> Text | None:
    """Return the text of an expression; None where nothing is known of it."""
    known = known.deeper()
    if node is None or known.depth > _DEPTH:
        return None
    if isinstance(node, ast.Constant):
        return Text(node.value) if isinstance(node.value, str) else None
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


def join(parts: Sequence[Text | None]) -> Text | None:
    """Join as os.path.join does; what follows an unknown part is unknown."""
    whole = parts[0] if parts else None
    for part in parts[1:]:
        if whole is None or not whole.whole:
            return whole
        if part is None:
            return Text(f"{whole.text.rstrip('/')}/", whole=False)
        whole = Text(posixpath.join(whole.text, part.text), part.whole)
    return whole


def _named(name: str, known: Known) -> Text | None:
    if name == "__file__":
        return Text(known.path)
    for scope in reversed(known.scopes):
        if name in scope:
            return evaluate(scope[name], known)
    return None


def _joined(pieces: Sequence[Text | None]) -> Text | None:
    text = ""
    for piece in pieces:
        text += piece.text if piece else ""
        if piece is None or not piece.whole:
            return Text(text, whole=False) if text else None
    return Text(text)


def _piece(node: ast.expr, known: Known) -> Text | None:
    if isinstance(node, ast.FormattedValue):
        plain = node.format_spec is None and node.conversion == -1
        return evaluate(node.value, known) if plain else None
    return evaluate(node, known)


def _binary(node: ast.BinOp, known: Known) -> Text | None:
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


def _call(node: ast.Call, known: Known) -> Text | None:
    name = known.name(node.func)
    texts = [evaluate(argument, known) for argument in node.args]
    first = texts[0] if texts else None
    if name in ("os.path.join", "posixpath.join"):
        return join(texts)
    if name in ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"):
        return join(texts) if texts else Text(".")
    if name in ("os.path.abspath", "os.path.realpath", "os.path.normpath", "str", "os.fspath"):
        return first
    if name == "os.path.dirname":
        return _parent(first)
    if name == "os.path.expanduser":
        return _expanded(first, known)
    if name == "pathlib.Path.home":
        return Text(known.home)
    if name in ("pathlib.Path.cwd", "os.getcwd"):
        return Text(known.workdir)
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


def _subscript(node: ast.Subscript, known: Known) -> Text | None:
    value, key = node.value, node.slice
    if not isinstance(key, ast.Constant):
        return None
    if known.name(value) == "os.environ":
        return {"LAMBDA_TASK_ROOT": Text(TASK), "HOME": Text(known.home)}.get(str(key.value))
    if isinstance(value, ast.Attribute) and value.attr == "parents" and isinstance(key.value, int):
        owner = evaluate(value.value, known)
        for _ in range(min(max(key.value, 0), _DEPTH) + 1):
            owner = _parent(owner)
        return owner
    return None


def _parent(text: Text | None) -> Text | None:
    return Text(posixpath.dirname(text.text)) if text and text.whole else None


def _expanded(text: Text | None, known: Known) -> Text | None:
    if text is None or not (text.text == "~" or text.text.startswith("~/")):
        return text
    return Text(known.home + text.text[1:], text.whole)


def _up_to(text: Text, mark: str) -> Text | None:
    before, found, _ = text.text.partition(mark)
    if not found:
        return text
    return Text(before, whole=False) if before else None
