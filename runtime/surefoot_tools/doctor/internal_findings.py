"""Findings about the inspection itself: what could not be inspected is reported, not skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .finding import Finding
from .image.tree import Tree

_SHOWN = 20


def check_failed(name: str, error: Exception) -> Finding:
    """Return the finding for a check that ended with an exception."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = (
        f" ({os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno})" if last else ""
    )
    return Finding(
        "SF001",
        f"the check {name} ended early: {type(error).__name__}: {error}{place}",
        "this is a defect of surefoot: report it with this line; --ignore SF001=reason accepts an "
        "inspection without this check",
    )


def unreadable_paths(tree: Tree) -> Iterator[Finding]:
    """Yield findings for what could not be read; after 20, the rest is only counted."""
    problems = sorted(tree.problems.items())
    for number, (path, reason) in enumerate(problems[:_SHOWN], 1):
        more = len(problems) - number if number == _SHOWN else 0
        yield Finding(
            "SF002",
            f"cannot be read here: {reason}" + (f" (and {more:,} more)" if more else ""),
            "inspect it as a user who may read it, such as root in the image's build",
            path,
        )
