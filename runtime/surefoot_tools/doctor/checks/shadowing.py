"""Modules of the task root that shadow the standard library or the runtime."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import entry_point
from ..python import finder
from ..python.distributions import owners
from ..python.reachable import reachable_files
from ..python.standard_use import LOADED_BEFORE, find_uses

_RUNTIME = frozenset(["surefoot", "surefoot_tools"])
_OTHER_CLIENT = frozenset(["awslambdaric", "runtime_client"])


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what can be imported from the task root and from the working directory."""
    standard = sys.stdlib_module_names - frozenset(context.data["harmless_shadows"])
    places = _task_modules(context)
    use = find_uses(context, [name for name in places if name in standard])
    for name, path in places.items():
        if name in _OTHER_CLIENT:
            yield from _other_client(context, name, path)
        elif name in _RUNTIME:
            yield from _runtime_name(context, name, path)
        elif name in standard and name in LOADED_BEFORE and name in use.by_own:
            yield _never_imported(name, path)
        elif name in standard and name not in LOADED_BEFORE and name in use.by_others:
            yield _shadow(context, name, path, use.by_others[name])


def _task_modules(context: CheckContext) -> dict[str, str]:
    """Return the files of the modules that the function's folders have, by name."""
    workdir = context.image.workdir if context.image else TASK
    found: dict[str, str] = {}
    for folder in dict.fromkeys((workdir or TASK, TASK)):
        if folder == "/":
            continue
        for name in finder.names_in(context.tree, [folder]):
            place = finder.find(context.tree, name, [folder])
            if place is not None and place.path:
                found.setdefault(name, place.path)
    return found


def _other_client(context: CheckContext, name: str, path: str) -> Iterator[Finding]:
    if _starts_other_client(context):
        return
    yield Finding(
        "SF210",
        f"'{name}'{_whose(context, path)} is not needed: surefoot is the runtime",
        "remove awslambdaric from requirements.txt; with SUREFOOT_CLIENT=awslambdaric, this copy "
        "would run in place of the image's",
        path,
    )


def _starts_other_client(context: CheckContext) -> bool:
    image = context.image
    words = [entry_point(context), *(image.entrypoint if image else ())]
    return any("awslambdaric" in word for word in words)


def _runtime_name(context: CheckContext, name: str, path: str) -> Iterator[Finding]:
    owner = owners(context.tree).get(path)
    is_used = owner is not None or _is_imported(context, name, path)
    if is_used and (owner is None or context.tree.get(f"/var/runtime/{name}")):
        yield Finding(
            "SF203",
            f"'{name}'{_whose(context, path)} has the runtime's name: it is never imported, or is "
            "started in the runtime's place",
            "remove it from requirements.txt: the image has it" if owner else "rename it",
            path,
        )


def _is_imported(context: CheckContext, name: str, path: str) -> bool:
    """Return whether code outside of the module imports it, and so gets the runtime instead."""
    own = posixpath.dirname(path) + "/" if path.endswith("/__init__.py") else path
    statement = re.compile(rb"^[ \t]*(?:from|import)[ \t]+%s\b" % name.encode(), re.MULTILINE)
    others = (file for file in reachable_files(context) if not file.startswith(own))
    return any(statement.search(context.tree.read(file)) for file in others)


def _never_imported(name: str, path: str) -> Finding:
    return Finding(
        "SF202",
        f"'{name}' has the name of a module that Python has loaded already, and is never imported",
        f"rename {_file_or_package(path)}",
        path,
    )


def _shadow(context: CheckContext, name: str, path: str, importer: str) -> Finding:
    owner = owners(context.tree).get(path)
    if owner:
        return Finding(
            "SF202",
            f"'{name}' of {owner.title} shadows the standard library's, which {importer} imports",
            f"uninstall {owner.name}, a backport for old Pythons: pin a version of what requires "
            "it that does without",
            path,
        )
    return Finding(
        "SF202",
        f"'{name}' shadows the standard library's, which {importer} imports",
        f"rename {_file_or_package(path)}, or move it into a package",
        path,
    )


def _file_or_package(path: str) -> str:
    what = posixpath.dirname(path) if path.endswith("/__init__.py") else path
    return posixpath.basename(what)


def _whose(context: CheckContext, path: str) -> str:
    owner = owners(context.tree).get(path)
    return f" ({owner.title})" if owner else ""
