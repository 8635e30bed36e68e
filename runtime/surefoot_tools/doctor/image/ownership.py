"""Which files of an image its builder has added, and which were deleted again."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import TASK, CheckContext


def deleted(context: CheckContext) -> Iterator[tuple[str, int]]:
    """Yield what a later layer deleted, with the number, from 1, of the layer that still has it."""
    layers = context.image.layers if context.image else ()
    for number, layer in enumerate(layers, 1):
        for lost in layer.hidden:
            if context.tree.get(lost.path) is None:
                yield lost.path, number


def deleted_text(number: int) -> str:
    """Return how a finding says where such a file is."""
    return f"deleted later, but anyone who can pull the image can read it in layer {number}"


def above(path: str) -> Iterator[str]:
    """Yield `path` and the folders it is in, the suggestion first, without the root."""
    while path != "/":
        yield path
        path = posixpath.dirname(path)


def own_folders(context: CheckContext) -> list[str]:
    """Return folders that no base image fills: the function's, and those where files stray to."""
    image = context.image
    folders = [TASK, "/opt", *context.data["stray_folders"]]
    if image is not None and image.workdir not in {"/", "", *folders}:
        folders.append(image.workdir)
    inside = [one for one in folders if any(one.startswith(f"{other}/") for other in folders)]
    return [folder for folder in dict.fromkeys(folders) if folder not in inside]
