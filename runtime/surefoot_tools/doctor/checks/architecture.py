"""Native files for another machine, another system or another Python.

A wheel that brings files for several machines, or is for any, is skipped.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ..context import CheckContext
from ..finding import Finding
from ..image.machine import image_machine
from ..image.native_files import Native, groups, natives
from ..python import interpreter
from ..python.distributions import Distribution

_PYTHON_TAG = re.compile(r"\.((?:cpython|pypy)[-\w]*?)(?:-[a-z][\w-]*)?\.so$")


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at every native file, a distribution at a time."""
    machine = image_machine(context)
    python = interpreter.find(context.tree)
    for owner, found in groups(natives(context.tree)):
        damaged = [native for native in found if native.problem]
        for native in damaged:
            yield Finding(
                "SF505",
                f"{_who(owner)} cannot be loaded: {native.problem}",
                "copy or install it again; git lfs pull fetches the file that a pointer names",
                native.path,
            )
        foreign = _foreign(owner, found, machine)
        if foreign:
            yield _other_machine(owner, foreign, machine)
        elif python:
            yield from _other_python(owner, found, python)


def _foreign(owner: Distribution | None, found: Sequence[Native], machine: str) -> Sequence[Native]:
    """Return the files for other machines, or none where a distribution has some for this one."""
    other = [
        native
        for native in found
        if native.system or (native.elf and native.elf.machine != machine)
    ]
    if owner is None:
        return other
    if owner.platforms <= {"any"} and owner.tags:
        return ()
    return other if len(other) == len([each for each in found if not each.problem]) else ()


def _other_machine(owner: Distribution | None, foreign: Sequence[Native], machine: str) -> Finding:
    first = foreign[0]
    of = first.system or (first.elf.machine if first.elf else "")
    remedy = "build it for linux/{0}, or build the image for the machine it is for: --platform"
    if owner is not None:
        remedy = "run pip install in the Dockerfile, so that it chooses wheels for linux/{0}"
    return Finding(
        "SF502",
        f"{_who(owner)} is for {of}; the image is linux/{machine}",
        remedy.format(machine),
        first.path,
    )


def _other_python(
    owner: Distribution | None, found: Sequence[Native], python: interpreter.Interpreter
) -> Iterator[Finding]:
    tags: dict[str, list[tuple[str, Native]]] = {}
    for native in found:
        match = _PYTHON_TAG.search(native.name)
        if match and native.elf:
            stem = native.path[: len(native.path) - len(match[0])]
            tags.setdefault(stem, []).append((match[1], native))
    if not tags and owner is None:
        return
    here = {native.path for native in found}
    for stem, variants in tags.items():
        names = {tag for tag, _ in variants}
        # One file for each Python, or one for all: some wheels bring several.
        if python.tag in names or {f"{stem}.so", f"{stem}.abi3.so"} & here:
            continue
        tag, native = variants[0]
        yield Finding(
            "SF504",
            f"{_who(owner)} has {posixpath.basename(native.path)}, compiled for {_python(tag)}; "
            f"the image has Python {python.version[0]}.{python.version[1]}",
            "run pip install in the Dockerfile, with the image's own Python",
            native.path,
        )
        if owner is not None:
            return


def _python(tag: str) -> str:
    match = re.fullmatch(r"cpython-3(\d+)(t?).*", tag)
    if match is None:
        return tag
    return f"Python 3.{match[1]}" + (", free-threaded" if match[2] else "")


def _who(owner: Distribution | None) -> str:
    if owner is None:
        return "the file"
    return owner.title + (f" ({owner.tags[0]})" if owner.tags else "")
