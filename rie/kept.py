"""Folders that are costly to make, and so are made once and kept in the cache."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from rie.paths import cache_dir


def kept(kind: str, content: bytes, make: Callable[[Path], None]) -> Path:
    """Return the folder of `kind` that belongs to `content`; `make` fills it where it is missing.

    It is there whole or not at all, whoever else makes it at the same time. Raises what `make`
    raises.
    """
    folder = cache_dir() / kind / hashlib.sha256(content).hexdigest()[:16]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new.", dir=folder.parent) as scratch:
        filled = Path(scratch) / "filled"
        filled.mkdir()
        make(filled)
        try:
            filled.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another one was faster
                raise
    return folder
