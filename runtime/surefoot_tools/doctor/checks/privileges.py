"""Setuid and world-writable files on top of the base image."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..image.tree import Entry
from ..output.grouping import grouped
from .file_modes import TOPS

_PRIVILEGED = stat.S_ISUID | stat.S_ISGID


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what is put on top of a base image; the base's own su and mount stay its own."""
    for top in (*TOPS, "/usr/local"):
        entries = [entry for entry in context.tree.under(top) if not entry.is_link]
        raised = [entry for entry in entries if entry.is_file and entry.mode & _PRIVILEGED]
        for group in grouped(raised, top):
            message = f"setuid or setgid (mode {group.example.permissions:04o}){group.text}"
            yield Finding("SF109", message, f"RUN chmod ug-s {group.path}", group.path)
        for group in grouped([entry for entry in entries if _open(entry)], top):
            message = f"every user may write it (mode {group.example.permissions:04o}){group.text}"
            remedy = f"RUN chmod -R go-w {group.path}, or RUN surefoot seal"
            yield Finding("SF109", message, remedy, group.path)


def _open(entry: Entry) -> bool:
    sticky = entry.is_folder and entry.mode & stat.S_ISVTX
    return bool((entry.is_file or entry.is_folder) and entry.mode & stat.S_IWOTH and not sticky)
