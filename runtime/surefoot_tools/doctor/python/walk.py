"""From the handler's module through the user's own modules, along the imports that must succeed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..context import TASK, CheckContext
from . import finder, imports, interpreter
from .distributions import owners
from .finder import ModuleLocation
from .imports import RequiredImport
from .module import Module, parse


@dataclass(frozen=True)
class LoadedModule:
    """An own module that the start of the function loads, or that cannot be loaded."""

    name: str
    module: Module


@dataclass(frozen=True)
class MissingImport:
    """An import of an own module that nothing satisfies: the module, or a name in it."""

    importer: Module
    required: RequiredImport
    name: str  # the part that is missing: a dotted module, or a name in `inside`
    inside: str = ""  # the module that is there and lacks it
    is_name: bool = False


def walk(context: CheckContext, start: str) -> Iterator[LoadedModule | MissingImport]:
    """Yield the modules that loading `start` reaches, and the imports that find nothing.

    If own code changes sys.path, nothing is missing for certain. What an image adds to a plain
    folder is unknown, so only gaps in the function's own packages are reported.
    """
    path = interpreter.user_path(context)
    waiting = _with_parents(start)
    seen: set[str] = set()
    lost: list[MissingImport] = []
    while waiting:
        name = waiting.pop(0)
        place = finder.find(context.tree, name, path)
        if name in seen or place is None or not _is_own(context, place):
            continue
        seen.add(name)
        module = parse(context.tree, place.path)
        yield LoadedModule(name, module)
        if module.body is None:
            continue
        if module.changes_path:
            return
        package = name if place.folders else name.rpartition(".")[0]
        for each in imports.required(module.body, package):
            lost += _lost(context, path, module, each)
            waiting += _with_parents(each.module)
            waiting += [f"{each.module}.{taken}" for taken in each.names]
    yield from lost


def _lost(
    context: CheckContext, path: list[str], module: Module, each: RequiredImport
) -> Iterator[MissingImport]:
    tree = context.tree
    if each.module.startswith("."):
        yield MissingImport(module, each, each.module)
        return
    top = each.module.partition(".")[0]
    if finder.find(tree, top, path[:2]) is None and interpreter.has_standard_module(tree, top):
        return
    reached = ""
    place: ModuleLocation | None = None
    for name in _with_parents(each.module):
        inside = place
        place = finder.find(tree, name, path)
        if place is None:
            if inside is None and not each.is_relative and not context.whole:
                return
            yield MissingImport(module, each, name, reached)
            return
        reached = name
        if place.path and not _is_own(context, place):
            return
    if place is None or not place.path:
        return
    imported = parse(tree, place.path)
    if imported.names is None or not imported.names.complete or imported.changes_path:
        return
    for taken in each.names:
        is_module = place.folders and finder.find(tree, taken, place.folders)
        if taken not in ("*", *_ALWAYS) and taken not in imported.names.bound and not is_module:
            yield MissingImport(module, each, taken, each.module, is_name=True)


_ALWAYS = ("__name__", "__file__", "__doc__", "__path__", "__package__", "__spec__", "__loader__")


def _is_own(context: CheckContext, place: ModuleLocation) -> bool:
    is_here = place.path.startswith(f"{TASK}/")
    return place.is_source and is_here and place.path not in owners(context.tree)


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: number + 1]) for number in range(len(parts))]
