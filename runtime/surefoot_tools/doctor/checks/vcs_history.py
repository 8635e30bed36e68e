"""A repository's history does not belong into an image.

It holds all that was ever committed, removed secrets included, and often a remote's address with a
token; it is also larger than the code.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..image.ownership import above, deleted, deleted_text, own_folders

_NAMES = frozenset([".git", ".hg", ".svn"])


_REMEDY = "write {} to .dockerignore, or COPY only what the function needs"


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the function's folders by name, and at what layers have lost.

    A worktree's .git is a file.
    """
    for top in own_folders(context):
        for entry in context.tree.under(top):
            name = posixpath.basename(entry.path)
            if name in _NAMES and not entry.is_link:
                message = "it has all that was ever committed"
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
