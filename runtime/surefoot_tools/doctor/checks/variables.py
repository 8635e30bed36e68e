"""Variables of the image that Lambda reserves, or that break programs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import CheckContext, Image
from ..finding import Finding
from ..image import elf
from ..image.libraries import LAMBDA_PATH, find_library, library_folders
from ..python import interpreter


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the image's variables; a plain folder has none."""
    image = context.image
    if image is None:
        return
    allowed = context.data["reserved_defaults"]
    for name in context.data["reserved_variables"]:
        if name in image.variables and image.variables[name] != allowed.get(name):
            is_kept = name in context.data["reserved_and_kept"]
            effect = "the start depends on it" if is_kept else "Lambda overwrites it"
            yield Finding(
                "SF301" if is_kept else "SF308",
                f"{name} is set {_where(image)}; Lambda reserves it, and {effect}",
                f"remove ENV {name} from the Dockerfile; for a run on this machine pass it to the "
                "run",
            )
    if "ENV" in image.variables:
        yield Finding(
            "SF302",
            f"ENV is set {_where(image)}; shells read the file that it names",
            "call it APP_ENV",
        )
    yield from _check_interpreter(context, image)
    home = image.variables.get("HOME", "")
    if posixpath.normpath(home) != "/tmp" and not posixpath.normpath(home).startswith("/tmp/"):
        yield Finding(
            "SF303",
            f"HOME is {home}, which cannot be written on Lambda" if home else "HOME is not set",
            "ENV HOME=/tmp",
        )


def _check_interpreter(context: CheckContext, image: Image) -> Iterator[Finding]:
    python = interpreter.find(context.tree)
    if python is None:
        return
    home = image.variables.get("PYTHONHOME", "")
    if home and posixpath.normpath(home) != python.prefix:
        yield Finding(
            "SF306",
            f"PYTHONHOME is {home}, but the interpreter is in {python.prefix}: it cannot start",
            "remove ENV PYTHONHOME",
        )
    program = context.tree.resolve(f"{python.prefix}/bin/python3")
    if "LD_LIBRARY_PATH" not in image.variables or program is None or not program.is_file:
        return
    try:
        needing = elf.read(context.tree.read(program.path))
    except elf.MalformedElf:
        return
    folders = [*needing.search, *library_folders(context, needing.machine)]
    missing = [
        name
        for name in needing.needed
        if find_library(context.tree, name, folders, program.path) is None
    ]
    if missing:
        yield Finding(
            "SF307",
            f"LD_LIBRARY_PATH is {image.variables['LD_LIBRARY_PATH'] or 'empty'}, where "
            f"{program.path} does not find {', '.join(missing)}",
            f"keep the default folders: LD_LIBRARY_PATH={LAMBDA_PATH}:…",
        )


def _where(image: Image) -> str:
    return "in the image" if image.configured else "in the image or in this run"
