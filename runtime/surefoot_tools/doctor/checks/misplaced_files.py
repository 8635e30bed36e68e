"""Code belongs to /var/task, and nothing of the image to /tmp.

Lambda mounts an empty /tmp over the image's, and imports look at the working directory, at
/var/task and at site-packages (AWS Lambda Developer Guide, "Deploy Python Lambda functions with
container images"). Code that was copied elsewhere is not found; in /root it cannot even be read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.tree import Entry
from ..output.grouping import grouped
from ..python.distributions import owners

_TMP = "/tmp"
_CODE = (".py", ".sh")
_REMEDY = "WORKDIR /var/task before it, and COPY … ./ (or COPY … ${LAMBDA_TASK_ROOT}/)"


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at /tmp, at the usual other folders for code, and at the working directory."""
    if not context.whole:
        return
    tree = context.tree
    hidden = [entry for entry in tree.under(_TMP) if entry.is_file]
    for group in grouped([entry for entry in hidden if _is_code(entry)], _TMP):
        message = f"code in /tmp, over which Lambda mounts an empty one{group.text}"
        yield Finding("SF107", message, _REMEDY, group.path)
    for group in grouped([entry for entry in hidden if not _is_code(entry)], _TMP):
        message = f"in /tmp, over which Lambda mounts an empty one{group.text}"
        remedy = "remove it in the RUN that made it, or put it into /var/task"
        yield Finding("SF111", message, remedy, group.path)
    searched = _searched(context)
    for folder in ("/", *context.data["stray_folders"]):
        if any(place == folder or place.startswith(f"{folder}/") for place in searched):
            continue
        brought = owners(tree)
        lost = [entry for entry in _own(context, folder) if entry.path not in brought]
        for group in grouped(lost, folder):
            message = f"code outside /var/task, where no import looks for it{group.text}"
            yield Finding("SF107", message, _REMEDY, group.path)
    image = context.image
    if image is not None and posixpath.normpath(image.workdir) != TASK:
        yield Finding(
            "SF112",
            f"the working directory is {image.workdir}; relative paths of COPY, CMD and the code "
            "start there",
            "end the Dockerfile with WORKDIR /var/task, unless it is meant",
        )


def _searched(context: CheckContext) -> list[str]:
    image = context.image
    if image is None:
        return []
    path = image.variables.get("PYTHONPATH", "").split(":")
    return [posixpath.normpath(place) for place in [*path, image.workdir] if place]


def _own(context: CheckContext, folder: str) -> Iterator[Entry]:
    """Yield the code of a folder; of the root only what lies directly in it."""
    tree = context.tree
    for entry in tree.children("/") if folder == "/" else tree.under(folder):
        relative = entry.path[len(folder) :]
        if entry.is_file and entry.path.endswith(".py") and "/." not in relative:
            yield entry


def _is_code(entry: Entry) -> bool:
    return entry.path.endswith(_CODE)
