"""What a run has seen: one fact for each test, with what each of its assertions compared.

Nothing that identifies an account is kept, because users commit these records as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from rie.console import format_table
from rie.untrusted_text import make_safe

MAX_TEXT = 160
HELD, DIFFERS, NOT_RUN, ERROR = "held", "differs", "not run", "error"
_IDENTIFYING = (
    (re.compile(r"(?<![0-9A-Za-z-])\d{12}(?![0-9A-Za-z])"), "<account>"),
    (re.compile(r"[a-z0-9]+(?=\.lambda-url\.)"), "<url>"),
    (re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), "<address>"),
    (re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{1,4}:){4,7}[0-9A-Fa-f]{1,4}"), "<address>"),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}"), "<key>"),
)

_hidden: set[str] = set()


def hide(text: str) -> None:
    """Leave `text`, such as the account's number, out of all facts, wherever it is in a word."""
    _hidden.add(text)


def anonymize(text: str, limit: int = MAX_TEXT) -> str:
    """`text` on one line, without account numbers, addresses and credentials, cut to `limit`."""
    for each in _hidden:
        text = text.replace(each, "<hidden>")
    for pattern, replacement in _IDENTIFYING:
        text = pattern.sub(replacement, text)
    line = " ".join(make_safe(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


@dataclass(frozen=True)
class Check:
    """One assertion: its source, and the same with the values that were compared."""

    expected: str
    seen: str


@dataclass
class Fact:
    """A test by its name, its result, and for one that did not run the reason."""

    name: str
    result: str = HELD
    reason: str = ""
    checks: list[Check] = field(default_factory=list)

    def add(self, expected: str, seen: str) -> None:
        """Record an assertion, once for each expression in a loop."""
        check = Check(anonymize(expected), anonymize(seen))
        if check.expected not in {each.expected for each in self.checks}:
            self.checks.append(check)

    def describe(self) -> dict[str, Any]:
        """For JSON."""
        checks = [{"expected": each.expected, "seen": each.seen} for each in self.checks]
        reason = {"reason": self.reason} if self.reason else {}
        return {"fact": self.name, "result": self.result, **reason, "checks": checks}


def name_fact(test: str, parameters: str = "") -> str:
    """The words of a test's name, and its parameters without the target's."""
    words = test.removeprefix("test_").replace("_", " ")
    return f"{words} [{anonymize(parameters)}]" if parameters else words


def format_facts(facts: Sequence[Fact], stream: TextIO) -> str:
    """The table: fact, expected, seen, result. A fact with several assertions has several rows."""
    rows: list[tuple[str | None, ...]] = []
    for fact in facts:
        checks = fact.checks or [Check("", "")]
        for number, check in enumerate(checks):
            first = number == 0
            seen = check.seen or fact.reason
            result = fact.result if first else ""
            rows.append((fact.name if first else "", check.expected, seen, result))
    return format_table(("fact", "expected", "seen", "result"), rows, stream)


def count_results(facts: Sequence[Fact]) -> dict[str, int]:
    """How many facts have each result."""
    results = [fact.result for fact in facts]
    return {each: results.count(each) for each in (HELD, DIFFERS, ERROR, NOT_RUN)}
