"""Findings that the user ignores, with a reason: ``CODE=reason`` or ``CODE:PATTERN=reason``.

They come from the command line and from a file in the function's folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..console import UserError
from .context import TASK
from .finding import Finding
from .image.tree import Tree
from .rules import RULES

FILE = f"{TASK}/.surefoot-doctor.json"
_FORM = '{"version": 1, "ignore": {"SF402": "reason"}}'


@dataclass(frozen=True)
class Ignore:
    """One ignored code; `pattern` is a path in the image with ``*``, empty for every path."""

    code: str
    reason: str
    pattern: str = ""

    def covers(self, finding: Finding) -> bool:
        """Return whether it applies to a finding."""
        return finding.code == self.code and (
            not self.pattern or fnmatchcase(finding.path, self.pattern)
        )


def parse_ignores(words: Iterable[str]) -> list[Ignore]:
    """Parse the values of ``--ignore``. Raises UserError, also for an unknown code."""
    ignores = []
    for word in words:
        what, _, reason = word.partition("=")
        ignores.append(_make_ignore(what, reason, "--ignore"))
    return ignores


def read_ignores(tree: Tree) -> list[Ignore]:
    """Read the function's own file, if there is one. Raises UserError."""
    entry = tree.resolve(FILE)
    if entry is None or not entry.is_file:
        return []
    try:
        data = json.loads(tree.read(FILE))
        version, reasons = data["version"], dict(data["ignore"])
        if version != 1:
            raise ValueError(f"its version is {version}")
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(f"{FILE} cannot be used: {error}", f"write it as {_FORM}", 2) from error
    return [_make_ignore(str(what), str(reason), FILE) for what, reason in reasons.items()]


def _make_ignore(what: str, reason: str, where: str) -> Ignore:
    code, _, pattern = what.partition(":")
    if code not in RULES:
        raise UserError(
            f"{where}: unknown code {code!r}", "run surefoot doctor --list to see all codes", 2
        )
    if not reason.strip():
        raise UserError(
            f"{where}: {code} is ignored without a reason",
            f"give one for later readers: --ignore {what}='the reason'",
            2,
        )
    return Ignore(code, reason.strip(), pattern)
