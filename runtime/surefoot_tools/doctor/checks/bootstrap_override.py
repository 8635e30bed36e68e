"""A file called bootstrap in /var/task or /opt, where the image's entry point looks for one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import BOOTSTRAP, EMULATOR, starters

_PLACES = (f"{TASK}/bootstrap", "/opt/bootstrap")


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at both places, unless the entry point names the bootstrap that it starts."""
    if not _searches(context):
        return
    intended = {entry.path for entry in starters(context)}
    for place in _PLACES:
        entry = context.tree.resolve(place)
        if entry is not None and entry.is_file and entry.path not in intended:
            yield Finding(
                "SF108",
                f"the entry point finds it before {BOOTSTRAP}, and runs it instead",
                "rename it, or leave it out of the image",
                place,
            )


def _searches(context: CheckContext) -> bool:
    """Return whether the image starts the emulator without naming a bootstrap."""
    image = context.image
    words = list(image.entrypoint) if image else []
    return [posixpath.basename(word) for word in words] == [EMULATOR]
