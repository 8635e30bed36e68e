"""The time between two looks at something that AWS is still working on."""

from __future__ import annotations

import time

INTERVAL_S = 2.0


def pause() -> None:
    """Wait for INTERVAL_S seconds."""
    time.sleep(INTERVAL_S)
