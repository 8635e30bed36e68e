"""Version-control history, in the image or in one of its layers."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..image.ownership import above, deleted, deleted_text, own_folders
from ..image.tree import Entry

_NAMES = frozenset([".git", ".hg", ".svn"])


_REMEDY = "write {} to .dockerignore, or COPY only what the function needs"


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the function's folders by name, and at what later layers delete."""
    for top in own_folders(context):
        for entry in context.tree.under(top):
            name = posixpath.basename(entry.path)
            if name in _NAMES and (entry.is_folder or _is_worktree(context, entry)):
                message = "it contains everything ever committed"
                yield Finding("SF403", message, _REMEDY.format(name), entry.path)
    lost = dict.fromkeys(
        (folder, number)
        for path, number in deleted(context)
        for folder in above(path)
        if posixpath.basename(folder) in _NAMES
    )
    for folder, number in lost:
        remedy = _REMEDY.format(posixpath.basename(folder))
        yield Finding("SF403", deleted_text(number), remedy, folder)


def _is_worktree(context: CheckContext, entry: Entry) -> bool:
    """Return whether a file is the .git of a worktree; caches have empty ones as a marker."""
    return entry.is_file and context.tree.read(entry.path, 8).startswith(b"gitdir:")
