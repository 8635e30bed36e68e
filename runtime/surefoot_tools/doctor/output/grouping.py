"""Groups many files with one problem."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from ..image.tree import Entry

_FEW = 5
_MOST = 10  # groups


@dataclass(frozen=True)
class Group:
    """One file, or a folder with `count` files in and below it."""

    path: str
    count: int
    example: Entry

    @property
    def text(self) -> str:
        """What the group is, to end a sentence with; for one file nothing."""
        return f": {self.count:,} of them, such as {self.example.path}" if self.count > 1 else ""


def grouped(entries: Sequence[Entry], top: str) -> list[Group]:
    """Return the entries, all at or below `top`, as few groups.

    Each is by itself if they are few, else with those of the same folder of `top`; where many such
    folders have some, all is one group.
    """
    if len(entries) <= _FEW:
        return [Group(entry.path, 1, entry) for entry in entries]
    start = len(top.rstrip("/")) + 1
    by_folder: dict[str, list[Entry]] = {}
    for entry in entries:
        name, slash, _ = entry.path[start:].partition("/")
        inside = name and (slash or entry.is_folder)
        by_folder.setdefault(posixpath.join(top, name) if inside else top, []).append(entry)
    groups = []
    for folder, found in by_folder.items():
        if len(found) <= _FEW:
            groups += [Group(entry.path, 1, entry) for entry in found]
        else:
            groups.append(Group(folder, len(found), found[0]))
    return groups if len(groups) <= _MOST else [Group(top, len(entries), entries[0])]
