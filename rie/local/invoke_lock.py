"""Whose turn it is to invoke: the RIE crashes when two invocations overlap."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from rie.paths import cache_dir


@contextmanager
def exclusive(
    url: str, on_wait: Callable[[], None], *, cache: Path | None = None
) -> Iterator[None]:
    """Hold the emulator at `url` for one invocation; calls `on_wait` once if another holds it.

    The lock is a file lock, so independent processes queue, and a killed one releases its turn.
    """
    folder = (cache or cache_dir()) / "turns"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{_name_of(url)}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if host in {"127.0.0.1", "::1"}:
        host = "localhost"
    return f"{host.replace(':', '_')}-{parts.port or 80}"
