"""Modules beside the function that other code gets instead of the one it means.

The task root is the first place where Python looks. What lies there under the name of a standard
module is imported in its stead by every library, which then fails far from the cause. A folder
without __init__.py shadows nothing.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..python import finder
from ..python.distributions import owners

_REPLACEABLE = frozenset(["awslambdaric", "runtime_client"])


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what can be imported from the task root and from the working directory."""
    harmless = frozenset(context.data.get("harmless_shadows", ()))
    standard = sys.stdlib_module_names - harmless
    workdir = context.image.workdir if context.image else TASK
    for folder in dict.fromkeys((workdir or TASK, TASK)):
        if folder == "/":
            continue
        for name in finder.names_in(context.tree, [folder]):
            if name in standard or name in _REPLACEABLE or name == "surefoot":
                place = finder.find(context.tree, name, [folder])
                if place is not None and place.path:
                    yield from _finding(context, name, place.path)


def _finding(context: CheckContext, name: str, path: str) -> Iterator[Finding]:
    owner = owners(context.tree).get(path)
    whose = f" ({owner.title})" if owner else ""
    if name in _REPLACEABLE:
        yield Finding(
            "SF210",
            f"'{name}'{whose} is not needed: surefoot is the runtime",
            "take awslambdaric out of requirements.txt; with SUREFOOT_CLIENT=awslambdaric this one "
            "would run, and not the image's",
            path,
        )
    elif name == "surefoot":
        if owner is None or context.tree.get("/var/runtime/surefoot"):
            yield Finding(
                "SF203",
                f"'surefoot'{whose} has the runtime's name: it is never imported, or it is started "
                "in the runtime's place",
                "take it out of requirements.txt: the image has it"
                if owner
                else "give it another name",
                path,
            )
    elif owner:
        yield Finding(
            "SF202",
            f"'{name}' of {owner.title} shadows the standard library's",
            f"uninstall {owner.name}, a backport for old Pythons: have requirements.txt pin a "
            "version of what asks for it that does without",
            path,
        )
    else:
        what = posixpath.dirname(path) if path.endswith("/__init__.py") else path
        built_in = name in sys.builtin_module_names
        yield Finding(
            "SF202",
            f"'{name}' has the name of a module that is built into Python, and is never imported"
            if built_in
            else f"'{name}' shadows the standard library's for every library that is imported",
            f"rename {posixpath.basename(what)}, or move it into a package",
            path,
        )
