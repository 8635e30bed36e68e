"""A result for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...console import Paint, pluralize, printable, wrap
from ..finding import SEVERITIES, RatedFinding, Result
from ..rules import Rule

_INDENT = "    "
DOCUMENTATION = "runtime/surefoot_tools/README.md"


def render(result: Result, width: int, paint: Paint) -> str:
    """Return the whole report: errors, warnings, notes, ignored findings, and a summary."""
    parts = []
    for severity in SEVERITIES:
        found = [rated for rated in result.findings if rated.severity == severity]
        if found:
            parts.append(paint(pluralize(len(found), severity), severity))
            parts += ["\n".join(_finding_lines(rated, width, paint)) for rated in found]
    if result.ignored:
        parts.append(paint(f"{pluralize(len(result.ignored), 'finding')} ignored", "dim"))
        parts += ["\n".join(_finding_lines(rated, width, paint)) for rated in result.ignored]
    parts.append(_summary(result, paint))
    return "\n\n".join(parts)


def _finding_lines(rated: RatedFinding, width: int, paint: Paint) -> Iterator[str]:
    finding = rated.finding
    where = printable(f"{finding.path}:{finding.line}" if finding.line else finding.path)
    yield f"  {paint(finding.code, rated.severity)}" + (
        f"  {paint(where, 'bold')}" if where else ""
    )
    last = f"ignored: {rated.reason}" if rated.reason else f"remedy: {finding.remedy}"
    for text in (finding.message, last):
        for line in wrap(printable(text), width - len(_INDENT)):
            yield _INDENT + line


def _summary(result: Result, paint: Paint) -> str:
    target = printable(result.target)
    if not result.findings:
        return paint(f"{target}: no problems found.", "green")
    counts = ", ".join(
        paint(pluralize(number, severity), severity)
        for severity, number in result.counts.items()
        if number
    )
    code = result.findings[0].finding.code
    return f"{target}: {counts}. Run surefoot doctor --explain {code} for the reason."


def render_rules(rules: Mapping[str, Rule]) -> str:
    """Return a line for every code."""
    return "\n".join(f"{code}  {rule.severity:<8} {rule.title}" for code, rule in rules.items())


def render_rule(code: str, rule: Rule, width: int, paint: Paint) -> str:
    """Return the explanation of one code."""
    return "\n\n".join(
        [
            f"{paint(code, 'bold')} {paint(rule.severity, rule.severity)}: {rule.title}",
            "\n".join(wrap(rule.explanation, width)),
            "\n".join(wrap(f"Remedy: {rule.remedy}", width)),
            f"See {DOCUMENTATION}#{code.lower()}",
        ]
    )
