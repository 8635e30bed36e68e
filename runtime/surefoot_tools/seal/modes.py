"""Sets modes: every user may read every file, and execute what its owner may execute.

Lambda's user owns no file of an image and is in none of its groups (uid 993, gid 990), so it cannot
see a file made under umask 077. The base image's build uses this module, too, by its path: it
imports nothing of surefoot.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator

_RUNNABLE = 0o755
_READABLE = 0o644


def fix_permissions(tops: Iterable[str], programs: Collection[str] = ()) -> list[str]:
    """Set the modes of the trees (or files) `tops`; return the paths whose mode was changed.

    Setuid bits and write permission for others are removed, too. Links are not followed, special
    files are left alone. `programs` become executable even if their owner may not execute them.
    Raises OSError if a mode cannot be changed.
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
    """Yield each path under `top` with its mode; a folder's contents after its mode is set."""
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
