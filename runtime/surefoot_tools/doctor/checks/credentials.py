"""Credentials in variables, in files of tools, and in the user's own text files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.ownership import deleted, deleted_text, own_folders
from ..image.tree import Entry
from ..python.distributions import owners
from ..python.reachable import is_development

_REMEDY = (
    "remove it, build again from the start and revoke it; use a role, Secrets Manager or a build "
    "secret instead"
)
_KEY_ID = "the id of an AWS access key"
# 40 characters of base64 that are no hexadecimal digest.
_KEY_SECRET = re.compile(rb"(?<![\w/+])(?![0-9a-f]{40})[A-Za-z0-9/+]{40}(?![\w/+=])")
_SHOWN = 4  # characters of a secret, and never more than a fifth of it
_BINARY = (".pyc", ".so", ".zip", ".gz", ".whl", ".png", ".jpg", ".woff2")


@dataclass(frozen=True)
class _Kind:
    """A form of secrets; without one of its hints no text has it."""

    name: str
    hints: tuple[bytes, ...]
    pattern: re.Pattern[str]


def check(context: CheckContext) -> Iterator[Finding]:
    """Look into the variables, at the files that tools keep credentials in, and into all text."""
    policy = context.data
    kinds = [
        _Kind(name, tuple(hint.encode() for hint in kind["hints"]), _compiled(kind["pattern"]))
        for name, kind in policy["secrets"].items()
    ]
    for name, value in (context.image.variables if context.image else {}).items():
        named = "AWS credentials" if name in policy["secret_variables"] and value else ""
        seen = _first(kinds, value.encode("utf-8", "replace"))
        if named or seen:
            kind = named or (seen[0] if seen else "")
            yield Finding("SF401", f"the variable {name} holds {kind}", _REMEDY)
    files = {ending: _compiled(pattern) for ending, pattern in policy["secret_files"].items()}
    for entry in _texts(context):
        content = context.tree.read(entry.path)
        if b"\0" in content:
            continue
        ending = next((ending for ending in files if entry.path.endswith(ending)), "")
        found = files[ending].search(content.decode("utf-8", "replace")) if ending else None
        if found:
            line = found.string.count("\n", 0, found.start()) + 1
            yield Finding("SF401", f"{ending[1:]} with credentials", _REMEDY, entry.path, line)
        elif seen := _first(_kinds_for(entry.path, content, kinds), content):
            kind, line, shown = seen
            yield Finding("SF401", f"{kind} ({shown})", _REMEDY, entry.path, line)
    for path, number in deleted(context):
        if path.endswith(tuple(files)):
            yield Finding("SF401", deleted_text(number), _REMEDY, path)


def _kinds_for(path: str, content: bytes, kinds: Sequence[_Kind]) -> Sequence[_Kind]:
    """Return what counts in a file: a test has ids of keys as data, without their secrets."""
    if path.startswith(f"{TASK}/") and is_development(path) and not _KEY_SECRET.search(content):
        return [kind for kind in kinds if kind.name != _KEY_ID]
    return kinds


def _texts(context: CheckContext) -> Iterator[Entry]:
    """Yield the files in which people write."""
    brought = owners(context.tree)
    for top in own_folders(context):
        for entry in context.tree.under(top):
            if (
                entry.is_file
                and 0 < entry.size <= context.data["text_bytes"]
                and entry.path not in brought
                and not entry.path.endswith(_BINARY)
            ):
                yield entry


def _first(kinds: Sequence[_Kind], content: bytes) -> tuple[str, int, str] | None:
    """Return what secret a content holds, its line, and its masked form."""
    text = ""
    for kind in kinds:
        # Most files have no hint of any kind, and an expression takes a hundred times as long.
        if any(hint in content for hint in kind.hints):
            text = text or content.decode("utf-8", "replace")
            found = kind.pattern.search(text)
            if found:
                line = text.count("\n", 0, found.start("secret")) + 1
                secret = found["secret"]
                return kind.name, line, f"{secret[: min(_SHOWN, len(secret) // 5)]}…"
    return None


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)
