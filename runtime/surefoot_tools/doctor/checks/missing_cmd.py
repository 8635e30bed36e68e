"""An image should name its handler in CMD.

Lambda passes CMD to the entry point, which is how the runtime learns what to call. Without one
every function made from the image has to override the command (AWS Lambda API, ImageConfig).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..image.context import Subject

CODES = {"SF305": "the image names no handler"}


def check(subject: Subject) -> Iterator[Finding]:
    """Look at CMD, where it is known: not inside a running container, and not of a folder."""
    image = subject.image
    if image is None or not image.configured or subject.handler or image.command:
        return
    yield Finding(
        "SF305",
        "the image has no CMD, so the runtime is not told what to call",
        'end the Dockerfile with CMD ["module.function"]; a base image for others needs none',
    )
