"""A module of the function beside the handler's, for traces that cross files."""

import importlib
from typing import Any

bootstrap: Any = importlib.import_module("bootstrap")


def fail(text: str) -> object:
    """Raise."""
    raise LookupError(text)


def fail_from_package() -> object:
    """Raise in a file that is called like one of awslambdaric's."""
    return bootstrap.fail()
