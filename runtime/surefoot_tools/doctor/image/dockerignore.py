"""What a .dockerignore keeps out of an image.

Source: Docker documentation, "Build context", section ".dockerignore files". It is not Git's
syntax: a pattern starts at the folder, and ``**`` matches any number of folders.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\\.|.", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
# A regular expression with n wildcards takes time to the power of n; beyond, states are tracked.
_MAX_WILDCARDS = 2

Matcher = Callable[[str], bool]


def make_excluder(text: str) -> Matcher:
    """Return whether a file's content keeps a path, relative to its folder, out of the image.

    The last line that matches the path or a folder above it decides; ``!`` includes it again.
    """
    rules = []
    for line in text.splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            includes = pattern.startswith("!")
            rules.append((_compile(pattern[includes:].strip()), not includes))
    rules.reverse()

    def excluded(path: str) -> bool:
        return next((out for matches, out in rules if matches(path)), False)

    return excluded


def _compile(pattern: str) -> Matcher:
    parts = _PARTS.findall(posixpath.normpath(pattern).lstrip("/"))
    if sum(part in {"**/", "**", "*"} for part in parts) > _MAX_WILDCARDS:
        return _States(parts).matches
    expression = re.compile("".join(map(_translate, parts)) + "(?:/.*)?", re.DOTALL)
    return lambda path: expression.fullmatch(path) is not None


def _translate(part: str) -> str:
    if part in _MEANING:
        return _MEANING[part]
    if part.startswith("[") and len(part) > 1:
        inside = part[1:-1]
        negated = inside.startswith("^")
        return f"[{'^' * negated}{re.escape(inside[negated:]).replace(chr(92) + '-', '-')}]"
    return re.escape(part[-1])


@dataclass(frozen=True)
class _States:
    """A pattern as a state machine: time is the length of the path times that of the pattern."""

    parts: Sequence[str]

    def matches(self, path: str) -> bool:
        """Return whether the path, or a folder above it, matches."""
        end = len(self.parts)
        states = self._closure({0})
        for character in path:
            if end in states and character == "/":
                return True
            states = self._closure(
                {state for each in states if each < end for state in self._step(each, character)}
            )
            if not states:
                return False
        return end in states

    def _step(self, state: int, character: str) -> Sequence[int]:
        # A negative state is inside of "**/", which ends with a slash only.
        index = state if state >= 0 else -state - 1
        part = self.parts[index]
        if part == "**/":
            inside = -index - 1
            return (inside, index + 1) if character == "/" else (inside,)
        if part == "**":
            return (state,)
        if part == "*":
            return () if character == "/" else (state,)
        return (state + 1,) if re.fullmatch(_translate(part), character, re.DOTALL) else ()

    def _closure(self, states: set[int]) -> set[int]:
        """Add the states that are reached without a character: wildcards may match nothing."""
        waiting = [state for state in states if state >= 0]
        while waiting:
            state = waiting.pop()
            is_wildcard = state < len(self.parts) and self.parts[state] in {"**/", "**", "*"}
            if is_wildcard and state + 1 not in states:
                states.add(state + 1)
                waiting.append(state + 1)
        return states
