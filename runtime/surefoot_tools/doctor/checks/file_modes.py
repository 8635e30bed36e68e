"""Files and folders that user 993 cannot read or enter."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import ENTRY_POINT
from ..output.grouping import Group, grouped

TOPS = (TASK, "/opt", "/var/runtime", "/var/lang")
_READ = 0o004
_ENTER = 0o005  # to search it and to list it, as an import does
_SEARCH = 0o001
_CODE = (".py", ".pyc", ".sh", ".so")
_REMEDY = "end the Dockerfile with RUN surefoot seal, or with RUN chmod -R a+rX {top}"


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the trees that a function reads, and at the folders above them."""
    tree = context.tree
    for folder in sorted({folder for top in (*TOPS, ENTRY_POINT) for folder in _above(top)}):
        entry = tree.get(folder)
        if entry is not None and entry.is_folder and entry.permissions & _ENTER != _ENTER:
            yield _closed(Group(folder, 1, entry), f"RUN chmod 755 {folder}")
    for top in TOPS:
        entries = list(tree.under(top))
        closed = [
            entry for entry in entries if entry.is_folder and entry.permissions & _ENTER != _ENTER
        ]
        for group in grouped(closed, top):
            yield _closed(group, _REMEDY.format(top=top))
        unread = [entry for entry in entries if entry.is_file and not entry.permissions & _READ]
        for group in grouped(unread, top):
            yield Finding(
                "SF105",
                f"not readable by others (mode {group.example.permissions:04o}){group.text}",
                _REMEDY.format(top=top),
                group.path,
            )
    yield from _behind_links(context)


def _behind_links(context: CheckContext) -> Iterator[Finding]:
    """Look at code that links of the function lead to, outside of the folders above."""
    tree, closed = context.tree, set[str]()
    for link in tree.under(TASK):
        target = tree.resolve(link.path) if link.is_link else None
        if target is None or target.path.startswith(tuple(f"{top}/" for top in TOPS)):
            continue
        if not target.is_folder and not link.path.endswith(_CODE):
            continue
        for folder in _above(target.path):
            entry = tree.get(folder)
            if entry is not None and not entry.permissions & _SEARCH and folder not in closed:
                closed.add(folder)
                yield _closed(Group(folder, 1, entry), f"RUN chmod 755 {folder}")
        if target.is_file and not target.permissions & _READ:
            mode = f"mode {target.permissions:04o}"
            message = f"not readable by others ({mode}), and {link.path} leads to it"
            yield Finding("SF105", message, f"RUN chmod a+r {target.path}", target.path)


def _above(path: str) -> Iterator[str]:
    while path != "/":
        path = posixpath.dirname(path)
        yield path


def _closed(group: Group, remedy: str) -> Finding:
    mode = f"mode {group.example.permissions:04o}"
    message = f"others cannot enter and list it ({mode}), so all in it is hidden{group.text}"
    return Finding("SF106", message, remedy, group.path)
