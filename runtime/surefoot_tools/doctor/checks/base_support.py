"""Whether the base image still gets security updates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding

_RELEASE = "/etc/os-release"
_FIELD = re.compile(r"^(ID|VERSION_ID)=[\"']?([^\"'\n]*)", re.MULTILINE)


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what the image says of its distribution."""
    entry = context.tree.resolve(_RELEASE)
    if not context.whole or entry is None or not entry.is_file:
        return
    fields = dict(_FIELD.findall(context.tree.read(_RELEASE).decode("utf-8", "replace")))
    ended = context.data["ended_bases"].get(f"{fields.get('ID')} {fields.get('VERSION_ID')}")
    if ended:
        yield Finding(
            "SF606",
            f"{ended['name']} has had no updates since {ended['ended']}",
            f"build on {ended['instead']}",
            _RELEASE,
        )
