"""Models of AWS services that the function's init did not load. Sealed images only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..sealed_sources import read_sources

_MODEL = re.compile(r"(?P<data>/.*/botocore/data)/(?P<service>[^/]+)/[^/]+/[^/]+")
_WORTH = 10 << 20  # bytes, unpacked
_SHOWN = 6


def check(context: CheckContext) -> Iterator[Finding]:
    """Add up what the other services take."""
    sources = read_sources(context.tree)
    if not context.whole or sources is None:
        return
    used: dict[str, set[str]] = {}
    for path, *_ in sources.files:
        if model := _MODEL.fullmatch(path):
            used.setdefault(model["data"], set()).add(model["service"])
    for data, services in used.items():
        others = [
            entry
            for entry in context.tree.children(data)
            if entry.is_folder and entry.path.rpartition("/")[2] not in services
        ]
        size = sum(each.size for top in others for each in context.tree.under(top.path))
        if size >= _WORTH:
            yield _finding(data, sorted(services), len(others), size)


def _finding(data: str, services: list[str], count: int, size: int) -> Finding:
    names = ",".join(services[:_SHOWN]) + (",…" if len(services) > _SHOWN else "")
    return Finding(
        "SF221",
        f"botocore has models of {count} services, {size / 1e6:.0f} MB, that init did not load; "
        f"it loaded {names}",
        f"RUN pip install … && surefoot seal --only-services {names} in one instruction, with all "
        "services that the function calls",
        data,
    )
