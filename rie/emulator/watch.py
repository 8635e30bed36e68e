"""Changes of a function's files, seen by looking at them again and again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from rie.emulator.async_queue import Sleep

INTERVAL_S = 0.5
_OMITTED = frozenset({"__pycache__", ".git", ".venv", "node_modules", ".mypy_cache", ".ruff_cache"})

Snapshot = dict[str, tuple[int, int]]


def take_snapshot(directory: Path) -> Snapshot:
    """Modification time and size of each file, by its path in the directory."""
    found: Snapshot = {}
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if name not in _OMITTED]
        for name in files:
            path = Path(folder, name)
            try:
                status = path.stat()
            except OSError:
                continue  # an editor's file that is gone already
            found[str(path.relative_to(directory))] = (status.st_mtime_ns, status.st_size)
    return found


def list_changes(before: Snapshot, after: Snapshot) -> list[str]:
    """Files that were added, changed or removed, in order."""
    either = before.keys() | after.keys()
    return sorted(name for name in either if before.get(name) != after.get(name))


async def watch(
    directory: Path,
    before: Snapshot,
    on_change: Callable[[list[str]], Awaitable[None]],
    *,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Call `on_change` after each change since `before`, until cancelled."""
    while True:
        await sleep(INTERVAL_S)
        after = await asyncio.to_thread(take_snapshot, directory)
        if changes := list_changes(before, after):
            await on_change(changes)
        before = after
