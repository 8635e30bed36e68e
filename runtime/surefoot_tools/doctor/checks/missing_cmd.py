"""Images without CMD."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at CMD, where it is known: not inside a running container, and not of a folder."""
    image = context.image
    if image is None or not image.configured or context.handler or image.command:
        return
    yield Finding(
        "SF305",
        "the image has no CMD, so the runtime does not know what to call",
        'end the Dockerfile with CMD ["module.function"]; a base image for others needs none',
    )
