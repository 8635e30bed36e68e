"""Runs init as Lambda's user, and removes what it wrote: a seal leaves nothing of its own run.

That user can write to the folders that all may write to, and nowhere else; on Lambda, too. So what
is its own afterwards and was not there before came from init, or from a program that init started.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence

from ..console import log

USER, GROUP = 993, 990  # sbx_user1051 on Lambda, whatever the image's USER says
WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")


@contextlib.contextmanager
def remove_new_files(
    user: int = USER, folders: Sequence[str] = WRITABLE
) -> Iterator[dict[str, object]]:
    """Yield the options with which subprocess runs init as `user`; remove its new files at the end.

    Where this process may not change its user, the options are empty, and nothing is removed: a
    line says so.
    """
    if os.geteuid() != 0 or not _is_mapped(user):
        log("seal", f"note: no user {user} here: init runs as this one, and leaves what it writes")
        yield {}
        return
    before = set(_owned(folders, user))
    try:
        yield {"user": user, "group": GROUP, "extra_groups": []}
    finally:
        for path in sorted(set(_owned(folders, user)) - before):
            if os.path.lexists(path):  # else it went with its folder
                _remove(path)


def _is_mapped(user: int, table: str = "/proc/self/uid_map") -> bool:
    """Whether this user namespace has `user`: some rootless builders map root only.

    Source: user_namespaces(7).
    """
    try:
        with open(table, encoding="ascii") as file:
            lines = file.read().splitlines()
    except OSError:
        return True  # a kernel without user namespaces
    rows = (tuple(map(int, line.split())) for line in lines)
    return any(first <= user < first + count for first, _, count in rows)


def _owned(folders: Sequence[str], user: int) -> Iterator[str]:
    """Yield the paths below `folders` that belong to `user`."""
    for folder in folders:
        for top, names, files in os.walk(folder):
            for path in (os.path.join(top, name) for name in (*names, *files)):
                with contextlib.suppress(FileNotFoundError):
                    if os.lstat(path).st_uid == user:
                        yield path


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
