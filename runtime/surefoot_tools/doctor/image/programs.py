"""What Lambda starts in an image: the entry point, and what that starts in turn."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ..context import TASK, CheckContext
from .tree import Entry

ENTRY_POINT = "/lambda-entrypoint.sh"
BOOTSTRAP = "/var/runtime/bootstrap"
_PATH = "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin"
EXTENSIONS = "/opt/extensions"
EMULATOR = "aws-lambda-rie"
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
_SHELLS = frozenset([b"sh", b"bash", b"dash", b"ash", b"ksh"])
_COMMAND_SHELLS = frozenset(["sh", "bash", "dash", "ash", "zsh", "ksh"])
_HEAD = 512  # bytes, more than the kernel reads of a #! line


def entry_point(context: CheckContext) -> str:
    """Return the program that the image starts; empty where that is not known or none is named."""
    image = context.image
    if image is not None and image.configured:
        return next(iter([*image.entrypoint, *image.command]), "")
    return ENTRY_POINT if context.tree.get(ENTRY_POINT) else ""


def find_program(context: CheckContext, word: str) -> Entry | None:
    """Return what `word` runs, looked for as execvp does: with a slash as it is, else on PATH."""
    image = context.image
    workdir = image.workdir if image else TASK
    if "/" in word:
        return context.tree.resolve(posixpath.join(workdir, word))
    path = (image.variables.get("PATH") if image else "") or _PATH
    found = (context.tree.resolve(posixpath.join(folder, word)) for folder in path.split(":"))
    return next((entry for entry in found if entry is not None and entry.is_file), None)


def starters(context: CheckContext) -> Iterator[Entry]:
    """Yield the files that Lambda or the entry point executes, as far as they exist."""
    tree = context.tree
    wrapper = context.image.variables.get(WRAPPER, "") if context.image else ""
    words = [word for word in (entry_point(context), wrapper) if word]
    programs = [*(find_program(context, word) for word in words), tree.resolve(BOOTSTRAP)]
    extensions = [tree.resolve(entry.path) for entry in tree.children(EXTENSIONS)]
    found = {entry.path: entry for entry in (*programs, *extensions) if entry and entry.is_file}
    yield from found.values()


def first_line(context: CheckContext, path: str) -> bytes:
    """Return a file's ``#!`` line with its end; empty where it has none."""
    head = context.tree.read(path, _HEAD)
    return head[: head.find(b"\n") + 1 or None] if head.startswith(b"#!") else b""


def is_shell_script(context: CheckContext, path: str) -> bool:
    """Return whether a file is a shell script, by its name or its first line."""
    if path.endswith((".sh", ".bash")):
        return True
    words = first_line(context, path)[2:].split()
    return any(word.rpartition(b"/")[2] in _SHELLS for word in words)


def is_shell_command(words: Sequence[str]) -> bool:
    """Return whether words are what a builder makes of the shell form: a shell, -c, a command."""
    shell = len(words) > 2 and posixpath.basename(words[0]) in _COMMAND_SHELLS
    return shell and re.fullmatch(r"-[a-z]*c", words[1]) is not None
