"""What a .dockerignore keeps out of an image.

Source: Docker documentation, "Build context", section ".dockerignore files".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\\.|.", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def excluder(text: str) -> Callable[[str], bool]:
    """Return whether a file's content keeps a path, relative to its folder, out of the image.

    The last line that matches the path or a folder above it decides; ``!`` lets it in again.
    """
    rules = []
    for line in text.splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            lets_in = pattern.startswith("!")
            rules.append((_compiled(pattern[lets_in:].strip()), not lets_in))
    rules.reverse()

    def excluded(path: str) -> bool:
        return next((out for pattern, out in rules if pattern.fullmatch(path)), False)

    return excluded


def _compiled(pattern: str) -> re.Pattern[str]:
    relative = posixpath.normpath(pattern).lstrip("/")
    parts = [_meaning(part) for part in _PARTS.findall(relative)]
    return re.compile("".join(parts) + "(?:/.*)?", re.DOTALL)


def _meaning(part: str) -> str:
    if part in _MEANING:
        return _MEANING[part]
    if part.startswith("[") and len(part) > 1:
        inside = part[1:-1]
        negated = inside.startswith("^")
        return f"[{'^' * negated}{re.escape(inside[negated:]).replace(chr(92) + '-', '-')}]"
    return re.escape(part[-1])
