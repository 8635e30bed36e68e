"""A file called bootstrap in /var/task or /opt takes the place of the runtime's.

The emulator, and Lambda where it starts a runtime by itself, look for /var/task/bootstrap and
/opt/bootstrap before /var/runtime/bootstrap (AWS Lambda Developer Guide, "Building a custom
runtime"): whatever the file is, it is run instead of surefoot.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import BOOTSTRAP, starters

_PLACES = (f"{TASK}/bootstrap", "/opt/bootstrap")


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at both places; an entry point that is meant to be there is none of them."""
    meant = {entry.path for entry in starters(context)}
    for place in _PLACES:
        entry = context.tree.resolve(place)
        if entry is not None and entry.is_file and entry.path not in meant:
            yield Finding(
                "SF108",
                f"Lambda's order of search finds it before {BOOTSTRAP}, and runs it instead",
                "give it another name, or leave it out of the image",
                place,
            )
