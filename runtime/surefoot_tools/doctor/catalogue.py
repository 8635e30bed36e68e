"""Every code that the doctor may report, with title and explanation."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache

from . import policy
from .checks import all_checks
from .internal_findings import CODES, EXPLANATION


@dataclass(frozen=True)
class Rule:
    """A code: what it means in a line, why it matters in a few sentences, and how bad it is."""

    code: str
    title: str
    explanation: str
    severity: str


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Return all rules by code, in the order of their codes."""
    judged = policy.load()
    found = [(code, title, EXPLANATION) for code, title in CODES.items()]
    for check in all_checks():
        explanation = check.__doc__ or ""
        found += [(code, title, explanation) for code, title in check.CODES.items()]
    return {
        code: Rule(code, title, _plain(explanation), policy.severity(code, judged))
        for code, title, explanation in sorted(found)
    }


def _plain(docstring: str) -> str:
    first, _, rest = docstring.partition("\n")
    paragraphs = f"{first}\n{textwrap.dedent(rest)}".strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
