"""Settles modes: everybody may read all, and run what its owner may run.

The user of Lambda owns no file of an image and is in no group of one (uid 993, gid 990): a file
that a umask of 077 has made is not there for it. The build of the base image uses this, too, so it
imports nothing of ours.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator

_RUNNABLE = 0o755
_READABLE = 0o644


def settle(tops: Iterable[str], programs: Collection[str] = ()) -> list[str]:
    """Settle the trees (or files) `tops` and return the paths whose mode was changed.

    Set-uid bits and what others may write go, too. Links are left alone, and what they lead to is
    not entered; nor are special files touched. `programs` are made runnable even if their owner may
    not run them. Raises OSError where a mode cannot be changed.
    """
    changed = []
    for path, mode in (found for top in tops for found in _walk(top)):
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            continue
        runs = stat.S_ISDIR(mode) or path in programs or mode & stat.S_IXUSR
        wanted = _RUNNABLE if runs else _READABLE
        if stat.S_IMODE(mode) != wanted:
            os.chmod(path, wanted)
            changed.append(path)
    return changed


def _walk(top: str) -> Iterator[tuple[str, int]]:
    """Yield each path under `top` with its mode; a folder's contents after its mode is settled."""
    mode = os.lstat(top).st_mode
    yield top, mode
    waiting = [top] if stat.S_ISDIR(mode) else []
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                yield entry.path, entry.stat(follow_symlinks=False).st_mode
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
