"""Code outside the directories on sys.path, files in /tmp, and an unusual working directory."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.tree import Entry
from ..output.grouping import grouped
from ..python.distributions import owners
from ..python.module import own_files
from ..python.resolution import is_found

_TMP = "/tmp"
_CODE = (".py", ".sh")
_REMEDY = "WORKDIR /var/task before it, and COPY … ./ (or COPY … ${LAMBDA_TASK_ROOT}/)"


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at /tmp, at the usual other folders for code, and at the working directory."""
    if not context.whole:
        return
    yield from _in_tmp(context)
    if _lacks_code(context):
        yield from _elsewhere(context)
    image = context.image
    if image is not None and posixpath.normpath(image.workdir) != TASK:
        yield Finding(
            "SF112",
            f"the working directory is {image.workdir}; relative paths of COPY, CMD and the code "
            "start there",
            "end the Dockerfile with WORKDIR /var/task, unless this is intended",
        )


def _lacks_code(context: CheckContext) -> bool:
    """Return whether the handler is missing: then code elsewhere is what was meant to be there."""
    if context.handler:
        return not is_found(context)
    scripts = (entry.path.endswith(".sh") for entry in context.tree.under(TASK))
    return not any(own_files(context.tree)) and not any(scripts)


def _in_tmp(context: CheckContext) -> Iterator[Finding]:
    hidden = [entry for entry in context.tree.under(_TMP) if entry.path != _TMP]
    full = {posixpath.dirname(entry.path) for entry in hidden}
    # A folder is reported with its files, or by itself if it is empty.
    lost = [entry for entry in hidden if entry.path not in full]
    lacks_code = _lacks_code(context)
    code = {entry.path for entry in lost if lacks_code and _is_code(entry)}
    for group in grouped([entry for entry in lost if entry.path in code], _TMP):
        message = f"code in /tmp, where Lambda mounts an empty folder over it{group.text}"
        yield Finding("SF107", message, _REMEDY, group.path)
    for group in grouped([entry for entry in lost if entry.path not in code], _TMP):
        message = f"in /tmp, where Lambda mounts an empty folder over it{group.text}"
        remedy = "remove it in the RUN that made it; create folders in the function"
        yield Finding("SF111", message, remedy, group.path)


def _elsewhere(context: CheckContext) -> Iterator[Finding]:
    searched = _searched(context)
    installed = owners(context.tree)
    for folder in ("/", *context.data["stray_folders"]):
        if any(place == folder or place.startswith(f"{folder}/") for place in searched):
            continue
        stray = [entry for entry in _own(context, folder) if entry.path not in installed]
        for group in grouped(stray, folder):
            message = f"code outside /var/task, where no import looks for it{group.text}"
            yield Finding("SF107", message, _REMEDY, group.path)


def _searched(context: CheckContext) -> list[str]:
    image = context.image
    if image is None:
        return []
    path = image.variables.get("PYTHONPATH", "").split(":")
    return [posixpath.normpath(place) for place in [*path, image.workdir] if place]


def _own(context: CheckContext, folder: str) -> Iterator[Entry]:
    """Yield the code of a folder; of the root only what is directly in it."""
    tree = context.tree
    for entry in tree.children("/") if folder == "/" else tree.under(folder):
        relative = entry.path[len(folder) :]
        if entry.is_file and entry.path.endswith(".py") and "/." not in relative:
            yield entry


def _is_code(entry: Entry) -> bool:
    hidden = any(part.startswith(".") for part in entry.path.split("/"))
    return entry.is_file and entry.path.endswith(_CODE) and not hidden
