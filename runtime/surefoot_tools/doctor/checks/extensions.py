"""Files in /opt/extensions, each of which Lambda starts (AWS Lambda Extensions API)."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..image import elf
from ..image.programs import EXTENSIONS

_RUNS = 0o005


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what is directly in the folder."""
    for entry in context.tree.children(EXTENSIONS):
        program = context.tree.resolve(entry.path)
        if program is None or not program.is_file:
            continue
        if program.permissions & _RUNS == _RUNS:
            # The kernel runs nothing else, and Lambda no shell in its place.
            if not context.tree.read(program.path, 4).startswith((b"#!", elf.MAGIC)):
                yield Finding(
                    "SF115",
                    "Lambda starts it and cannot: it is neither a script with a #! line nor an ELF "
                    "program, so every invocation fails",
                    "begin it with its interpreter, such as #!/bin/sh, or move it elsewhere",
                    entry.path,
                )
            continue
        yield Finding(
            "SF115",
            f"Lambda starts it and may not (mode {program.permissions:04o}), so every invocation "
            "fails",
            f"RUN chmod 755 {program.path}, or RUN surefoot seal",
            entry.path,
        )
