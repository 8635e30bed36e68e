"""Instructions that have no effect on Lambda."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the image's configuration."""
    image = context.image
    if image is None:
        return
    if image.exposed:
        ports = ", ".join(image.exposed)
        yield Finding(
            "SF604",
            f"EXPOSE {ports}: no connection from outside reaches a function",
            "remove EXPOSE; a function URL or an API calls the function",
        )
    if image.user:
        yield Finding(
            "SF605",
            f"USER {image.user}: Lambda runs the image as its own user",
            "remove USER, and make the files readable by others",
        )
