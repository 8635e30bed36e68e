"""The programs that Lambda starts must be there and be executable by its user.

Lambda starts an image's ENTRYPOINT with CMD as its arguments, as user 993 whatever the image says
(AWS Lambda Developer Guide, "Create a Lambda function using a container image"). A file without
the mode bit for others ends in Runtime.InvalidEntrypoint before any code of the function runs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..image.programs import BOOTSTRAP, ENTRY_POINT, entry_point, find_program
from ..image.tree import Entry

_RUNS = 0o005  # a script is read, too


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the entry point and at the bootstrap that surefoot's entry point starts."""
    if not context.whole:
        return
    word = entry_point(context)
    image = context.image
    if word:
        yield from _runnable("SF101", word, find_program(context, word), "the entry point")
    elif image is not None and image.configured:
        yield Finding(
            "SF101",
            "the image has neither ENTRYPOINT nor CMD, so Lambda has nothing to start",
            f'build it FROM surefoot, or write ENTRYPOINT ["{ENTRY_POINT}"]',
        )
    if posixpath.basename(word) == posixpath.basename(ENTRY_POINT):
        there = context.tree.resolve(BOOTSTRAP)
        yield from _runnable("SF102", BOOTSTRAP, there, "the bootstrap that the entry point starts")


def _runnable(code: str, word: str, entry: Entry | None, what: str) -> Iterator[Finding]:
    if entry is None or not entry.is_file:
        yield Finding(
            code,
            f"{what} {word} is not in the image",
            "build the image FROM surefoot and leave its ENTRYPOINT; COPY nothing over it",
            word if word.startswith("/") else "",
        )
    elif entry.permissions & _RUNS != _RUNS:
        yield Finding(
            code,
            f"{what} cannot be run by others (mode {entry.permissions:04o})",
            f"RUN chmod 755 {entry.path}",
            entry.path,
        )
