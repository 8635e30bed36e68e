"""A function that imports from a layer, and describes its wrapper."""

from __future__ import annotations

import os
from typing import Any

import from_a_layer  # type: ignore[import-not-found]


def handler(event: Any, context: Any) -> Any:
    return {
        "layer": from_a_layer.NAME,
        "file": from_a_layer.__file__,
        "wrapped_by": os.environ.get("WRAPPED_BY"),
        "wrapped_handler": os.environ.get("WRAPPED_HANDLER"),
    }
