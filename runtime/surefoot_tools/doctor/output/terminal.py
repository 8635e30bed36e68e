"""A result for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...profile.summary import printable, wrapped
from ...profile.wording import counted
from ..catalogue import Rule
from ..finding import SEVERITIES, Finding
from ..result import Judged, Result

_STYLES = {"bold": "1", "dim": "2", "error": "31", "warning": "33", "note": "36", "good": "32"}
_INDENT = "    "

Paint = Callable[[str, str], str]


def painter(*, colours: bool) -> Paint:
    """Return a function that puts a text into a style, or leaves it as it is."""
    return lambda text, style: f"\033[{_STYLES[style]}m{text}\033[0m" if colours else text


def render(result: Result, width: int, paint: Paint) -> str:
    """Return the whole report: errors, warnings, notes, what is ignored, and the sum."""
    parts = []
    for severity in SEVERITIES:
        found = [judged for judged in result.findings if judged.severity == severity]
        if found:
            parts.append(paint(counted(len(found), severity), severity))
            parts += ["\n".join(_one(judged, width, paint)) for judged in found]
    if result.ignored:
        parts.append(paint(f"{counted(len(result.ignored), 'finding')} ignored", "dim"))
        parts += ["\n".join(_one(judged, width, paint)) for judged in result.ignored]
    parts.append(_sum(result, paint))
    return "\n\n".join(parts)


def _one(judged: Judged, width: int, paint: Paint) -> Iterator[str]:
    finding = judged.finding
    where = _place(finding)
    yield f"  {paint(finding.code, judged.severity)}" + (
        f"  {paint(where, 'bold')}" if where else ""
    )
    for line in wrapped(printable(finding.message), width - len(_INDENT)):
        yield _INDENT + line
    last = f"ignored: {judged.reason}" if judged.reason else f"remedy: {finding.remedy}"
    for line in wrapped(printable(last), width - len(_INDENT)):
        yield _INDENT + line


def _place(finding: Finding) -> str:
    return printable(f"{finding.path}:{finding.line}" if finding.line else finding.path)


def _sum(result: Result, paint: Paint) -> str:
    target = printable(result.target)
    if not result.findings:
        return paint(f"{target}: nothing to find fault with.", "good")
    counts = ", ".join(
        paint(counted(number, severity), severity)
        for severity, number in result.counts.items()
        if number
    )
    hint = f"surefoot doctor --explain {result.findings[0].finding.code} says why."
    return f"{target}: {counts}. {hint}"


def catalogue(rules: Sequence[Rule]) -> str:
    """Return a line for every code."""
    return "\n".join(f"{rule.code}  {rule.severity:<8} {rule.title}" for rule in rules)


def explanation(rule: Rule, width: int, paint: Paint) -> str:
    """Return all that is known of a code."""
    head = f"{paint(rule.code, 'bold')} {paint(rule.severity, rule.severity)}: {rule.title}"
    paragraphs = ["\n".join(wrapped(each, width)) for each in rule.explanation.split("\n\n")]
    return "\n\n".join([head, *paragraphs])
