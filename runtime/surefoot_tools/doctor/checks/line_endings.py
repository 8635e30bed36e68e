"""Windows line ends in scripts."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import first_line, starters
from ..image.tree import Entry
from ..python.distributions import owners
from ..python.reachable import may_run

_TOPS = (TASK, "/opt")
_LARGEST = 1 << 20  # bytes; no hand-written script is larger
_EXECUTABLE = 0o111


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what Lambda starts, at the function's executables and at its shell files."""
    brought = owners(context.tree)
    started = {entry.path: entry for entry in starters(context)}
    own = {
        entry.path: entry
        for top in _TOPS
        for entry in context.tree.under(top)
        if entry.path not in brought and _may_be_script(entry)
    }
    for path, entry in (started | own).items():
        shell = path.endswith((".sh", ".bash"))
        if entry.size > _LARGEST or not (shell or first_line(context, path)):
            continue
        at = context.tree.read(path).find(b"\r\n")
        if at >= 0 and (path in started or may_run(context, path)):
            yield Finding(
                "SF104",
                "it has Windows line ends (CR LF), which break the interpreter's name and words",
                "write '*.sh text eol=lf' (and the like) to .gitattributes, or convert it with "
                r"sed -i 's/\r$//'",
                path,
                context.tree.read(path, at).count(b"\n") + 1,
            )


def _may_be_script(entry: Entry) -> bool:
    return entry.is_file and (
        bool(entry.permissions & _EXECUTABLE) or entry.path.endswith((".sh", ".bash"))
    )
