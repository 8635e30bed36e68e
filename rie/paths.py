"""The repository's root, and the folders of this user in which rie keeps files."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parent.parent
_NAME = "surefoot"


def cache_dir() -> Path:
    """The folder for what can be made or downloaded again; see XDG_CACHE_HOME."""
    return platformdirs.user_cache_path(_NAME)


def state_dir() -> Path:
    """The folder for logs, made if it is missing; see XDG_STATE_HOME."""
    return platformdirs.user_state_path(_NAME, ensure_exists=True)


def cached_folder(kind: str, key: bytes, fill: Callable[[Path], None]) -> Path:
    """The folder of `kind` for `key` in the cache; `fill` gets an empty one where it is missing.

    It exists completely or not at all, also when other processes make it at the same time. Raises
    what `fill` raises.
    """
    folder = cache_dir() / kind / hashlib.sha256(key).hexdigest()[:16]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new.", dir=folder.parent) as scratch:
        filled = Path(scratch) / "filled"
        filled.mkdir()
        fill(filled)
        try:
            filled.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
    return folder
