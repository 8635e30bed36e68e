"""The handler's name to the file it means, as handlers.resolve goes about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ..context import TASK, CheckContext
from . import finder, interpreter
from .finder import ModuleLocation
from .module import parse
from .names import Names


@dataclass(frozen=True)
class ResolvedHandler:
    """A handler whose module was found.

    :param owner: the class, where the handler is Class.method; else empty
    """

    module: str
    place: ModuleLocation
    owner: str
    attribute: str


def resolve(context: CheckContext) -> ResolvedHandler | None:
    """Return what the subject's handler leads to, or None: no such module, or no handler."""
    raw, _, attribute = context.handler.rpartition(".")
    dotted = raw.replace("/", ".")
    if not attribute or not all(dotted.split(".")):
        return None
    path = interpreter.user_path(context)
    place = finder.find(context.tree, dotted, path)
    if place is not None:
        return ResolvedHandler(dotted, place, "", attribute)
    module, dot, owner = dotted.rpartition(".")
    place = finder.find(context.tree, module, path) if dot else None
    if place is not None and place.path and may_define(bound_names(context, place), owner):
        return ResolvedHandler(module, place, owner, attribute)
    return None


def is_found(context: CheckContext) -> bool:
    """Return whether the handler's module or shell script exists."""
    if resolve(context):
        return True
    script = f"{TASK}/{context.handler.rpartition('.')[0]}.sh"
    entry = context.tree.resolve(script)
    return entry is not None and entry.is_file


def bound_names(context: CheckContext, place: ModuleLocation) -> Names | None:
    """Return the names that a module binds, or None where it cannot be read as source."""
    return parse(context.tree, place.path).names if place.is_source else None


def may_define(known: Names | None, name: str) -> bool:
    """Return whether a module may bind a name."""
    return known is None or not known.complete or name in known.bound


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a question that names the most similar known name, or nothing."""
    similar = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{similar[0]}'?" if similar else ""
