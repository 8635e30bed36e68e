"""A report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.kit.tables import format_table
from vpc_check.findings import merged
from vpc_check.network.capacity import Capacity
from vpc_check.report.report import Report, capacity_lines
from vpc_check.safe_text import clean

_VERDICTS = {
    "fine": "no problems found",
    "doubtful": "nothing is certainly broken; something may be",
    "broken": "something is broken",
}


def render(report: Report) -> str:
    """Return the report as text, tables first, sentences below; it ends with a line end."""
    lines = "\n\n".join(_parts(report)).split("\n")
    return "\n".join(map(clean, lines)) + "\n"


def _parts(report: Report) -> Iterator[str]:
    analysis = report.analysis
    place = analysis.facts.vpc.get("VpcId", "no VPC")
    yield (
        f"{report.title} in {place}, {analysis.facts.region}: {_VERDICTS[report.verdict]}\n"
        f"subnets {', '.join(analysis.function.subnets) or '-'}; "
        f"groups {', '.join(analysis.function.groups) or '-'}"
    )
    if report.observations:
        rows = [
            (
                seen.target.text,
                seen.word,
                seen.address or None,
                round(seen.milliseconds),
                explained.verdict,
                explained.causes[0].code if explained.causes else None,
            )
            for seen, explained in zip(report.observations, report.explanations, strict=True)
        ]
        yield format_table(("PROBE", "RESULT", "ADDRESS", "MS", "VERDICT", "CAUSE"), rows)
        sentences = [
            f"{explained.target}: {explained.text}\n    seen: {seen.detail or seen.word}"
            f"\n    → {explained.remedy}"
            for seen, explained in zip(report.observations, report.explanations, strict=True)
            if explained.verdict != "fine"
        ]
        if sentences:
            yield "\n".join(sentences)
    if report.findings:
        found = merged(report.findings)
        rows_found = [
            (
                *(number, each.severity, each.code, each.component),
                *(each.target or None, ", ".join(subnets) or None),
            )
            for number, (each, subnets) in enumerate(found, 1)
        ]
        yield format_table(("#", "SEVERITY", "CODE", "COMPONENT", "TARGET", "FROM"), rows_found)
        yield "\n".join(
            f"{number}. {each.message}\n    → {each.remedy}"
            for number, (each, _) in enumerate(found, 1)
        )
    else:
        yield "No findings."
    if report.capacity is not None:
        yield from _capacity(report.capacity)


def _capacity(capacity: Capacity) -> Iterator[str]:
    rows = [
        (need.subnet, need.interfaces, need.present, need.free, need.left, need.most)
        for need in capacity.needs
    ]
    headings = ("SUBNET", "INTERFACES", "PRESENT", "FREE", "LEFT", "CONNECTIONS AT MOST")
    yield format_table(headings, rows)
    yield "\n".join(capacity_lines(capacity))
