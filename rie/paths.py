"""Where the bench finds the repository, and where it keeps what it made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """surefoot's folder under the XDG cache; a relative XDG_CACHE_HOME is ignored, as XDG asks."""
    base = Path(environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        base = Path.home() / ".cache"
    return base / "surefoot"
