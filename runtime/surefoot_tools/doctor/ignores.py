"""Findings that the user has judged: ``CODE=reason`` or ``CODE:PATTERN=reason``.

They come from the command line and from a file in the function's folder.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..profile.problem import Problem
from .finding import Finding
from .image.context import TASK
from .image.tree import Tree

FILE = f"{TASK}/.surefoot-doctor.json"
_FORM = '{"version": 1, "ignore": {"SF402": "why"}}'


@dataclass(frozen=True)
class Ignore:
    """One judgement; `pattern` is a path in the image with ``*``, empty for every place."""

    code: str
    reason: str
    pattern: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is meant."""
        return finding.code == self.code and (
            not self.pattern or fnmatchcase(finding.path, self.pattern)
        )


def parse(words: Iterable[str], known: Container[str]) -> list[Ignore]:
    """Return what the words of ``--ignore`` mean. Raises Problem, also for an unknown code."""
    ignores = []
    for word in words:
        what, _, reason = word.partition("=")
        ignores.append(_ignore(what, reason, known, "--ignore"))
    return ignores


def from_tree(tree: Tree, known: Container[str]) -> list[Ignore]:
    """Return the judgements of the function's own file, if there is one. Raises Problem."""
    entry = tree.resolve(FILE)
    if entry is None or not entry.is_file:
        return []
    try:
        data = json.loads(tree.read(FILE))
        version, judged = data["version"], dict(data["ignore"])
        if version != 1:
            raise ValueError(f"its version is {version}")
    except (ValueError, TypeError, LookupError) as error:
        raise Problem(f"{FILE} cannot be used: {error}", f"its form is {_FORM}", 2) from error
    return [_ignore(str(what), str(reason), known, FILE) for what, reason in judged.items()]


def _ignore(what: str, reason: str, known: Container[str], where: str) -> Ignore:
    code, _, pattern = what.partition(":")
    if code not in known:
        raise Problem(
            f"{where}: there is no check {code!r}", "surefoot doctor --list shows them all", 2
        )
    if not reason.strip():
        raise Problem(
            f"{where}: {code} is ignored without a reason",
            f"say why, for those who read it later: --ignore {what}='the reason'",
            2,
        )
    return Ignore(code, reason.strip(), pattern)
