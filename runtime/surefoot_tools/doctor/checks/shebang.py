"""The interpreters that scripts name in their first line."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import find_program, first_line, starters

_TOPS = (TASK, "/opt")
_EXECUTABLE = 0o111
# Scripts of PowerShell and cmd.exe that packages bring for Windows.
_OTHER_SYSTEMS = (".ps1", ".psm1", ".bat", ".cmd")


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what Lambda starts, and at the executables of the function."""
    if not context.whole:
        return
    started = {entry.path for entry in starters(context)}
    own = {
        entry.path
        for top in _TOPS
        for entry in context.tree.under(top)
        if entry.is_file
        and entry.permissions & _EXECUTABLE
        and not entry.path.lower().endswith(_OTHER_SYSTEMS)
    }
    for path in [*started, *sorted(own - started)]:
        line = first_line(context, path)
        missing = _missing(context, line) if line else ""
        if missing:
            yield Finding(
                "SF103" if path in started else "SF110",
                f"its first line names {missing}, which is not in the image",
                "name an interpreter of the image (/bin/sh, /var/lang/bin/python3), or install "
                "this one",
                path,
                1,
            )


def _missing(context: CheckContext, line: bytes) -> str:
    # With CR at its end the line is another check's.
    words = line[2:].decode("utf-8", "replace").split()
    if not words:
        return ""
    if find_program(context, words[0]) is None:
        return words[0]
    if words[0].endswith("/env"):
        named = next(
            (word for word in words[1:] if not word.startswith("-") and "=" not in word), ""
        )
        if named and find_program(context, named) is None:
            return named
    return ""
