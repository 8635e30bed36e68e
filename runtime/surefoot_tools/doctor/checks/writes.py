"""Code that writes outside /tmp, at paths that the source shows."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..context import TASK, CheckContext
from ..finding import Finding
from ..python import calls, writers
from ..python.module import parse
from ..python.reachable import reachable_files
from ..python.scoped_calls import scoped_calls
from ..python.values import EvalContext, PartialString, evaluate
from ..python.writers import Write

# A file without any of these is not parsed.
_MENTION = re.compile(
    rb"\bopen\s*\(|\b(shutil|sqlite3|zipfile|gzip|makedirs|mkdir|mkfifo|urlretrieve|write_text"
    rb"|write_bytes|touch|symlink_to|unlink|savefig|to_csv|to_parquet|to_pickle|to_excel"
    rb"|download_file|extractall)\b|FileHandler|\bbasicConfig\s*\([^)]*filename"
    rb"|\bos\s*\.\s*(symlink|link|rename|replace|remove)\b|\bfrom\s+os\s+import\b"
)
_CHDIR = re.compile(rb"\bchdir\s*\(")
_LOGGING = "log to stderr, which CloudWatch keeps: leave the file out"


def check(context: CheckContext) -> Iterator[Finding]:
    """Look through the function's own files."""
    known = _surroundings(context)
    sources = {path: context.tree.read(path) for path in reachable_files(context)}
    # After a chdir, relative paths are unknown.
    moves = any(_CHDIR.search(source) for source in sources.values())
    for path, source in sources.items():
        body = parse(context.tree, path).body if _MENTION.search(source) else None
        if body is None:
            continue
        here = replace(known, path=path, aliases=calls.aliases(body))
        for write, line, text in _writes(body, here):
            place = _place(text, known.workdir, context.data.get("writable", ("/tmp",)))
            if not place or (moves and not text.text.startswith("/")):
                continue
            if write.spares and context.tree.resolve(place):
                continue
            yield _finding(write, path, line, place if text.whole else f"{place}…")


def _surroundings(context: CheckContext) -> EvalContext:
    if context.image is None:
        return EvalContext("")
    # Without HOME, Python would take that of Lambda's user, which does not exist.
    home = context.image.variables.get("HOME") or "/home/sbx_user1051"
    return EvalContext("", home, context.image.workdir or TASK)


def _writes(body: ast.Module, known: EvalContext) -> Iterator[tuple[Write, int, PartialString]]:
    for call, here in scoped_calls(
        body, known, lambda call: writers.may_write(call, known.aliases)
    ):
        write = writers.find(call, here)
        text = evaluate(write.target, here) if write else None
        if write and text:
            yield write, call.lineno, text


def _place(text: PartialString, workdir: str, writable: Sequence[str]) -> str:
    """Return the absolute place that is written to, or nothing where that is allowed or unsure."""
    if not text.text or "://" in text.text or text.text.startswith((":memory:", "file:")):
        return ""
    place = posixpath.join(workdir, text.text)
    if text.whole:
        place = posixpath.normpath(place)
    for top in writable:
        if place == top or place.startswith(f"{top}/"):
            return ""
        if not text.whole and top.startswith(place):
            return ""
    return place


def _finding(write: Write, path: str, line: int, place: str) -> Finding:
    name = posixpath.basename(place.rstrip("/…")) or "…"
    remedy = f"write below /tmp: /tmp/{name}"
    if write.name.startswith("logging."):
        remedy = _LOGGING
    elif write.spares and not write.name.startswith("sqlite3"):
        remedy = f"make the folder in the Dockerfile, or below /tmp: /tmp/{name}"
    message = f"{write.name}() writes to {place}, which is read-only on Lambda"
    return Finding("SF204", message, remedy, path, line)
