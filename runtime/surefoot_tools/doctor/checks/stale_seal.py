"""Files that have changed since init was sealed, so that a start loads them as usual."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..python import interpreter
from ..sealed_sources import SEALED, read_sources

_SHOWN = 3
_REMEDY = "RUN surefoot seal HANDLER last in the Dockerfile, after every COPY and RUN pip install"


def check(context: CheckContext) -> Iterator[Finding]:
    """Compare the sealed file's table of sources with the files that are there."""
    sources = read_sources(context.tree)
    if not context.whole or sources is None:
        return
    if not sources.tag:
        yield _finding("the sealed init is damaged: every start goes on without it")
        return
    python = interpreter.find(context.tree)
    if python is not None and python.tag != sources.tag:
        yield _finding(
            f"init was sealed by {sources.tag}, and the image has {python.tag}: it is not used"
        )
    changed = [path for path, *state in sources.files if _has_changed(context, path, state)]
    if changed:
        names = ", ".join(changed[:_SHOWN]) + (", …" if len(changed) > _SHOWN else "")
        count = f"{len(changed)} of {len(sources.files)} files"
        yield _finding(f"{count} have changed since init was sealed: {names}", changed[0])


def _has_changed(context: CheckContext, path: str, state: list[str]) -> bool:
    entry = context.tree.resolve(path)
    return entry is None or [str(entry.size), str(entry.mtime)] != state


def _finding(message: str, path: str = SEALED) -> Finding:
    return Finding("SF220", message, _REMEDY, path)
