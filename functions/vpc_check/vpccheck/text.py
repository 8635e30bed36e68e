"""A report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.kit.tables import format_table
from vpccheck.capacity import Capacity
from vpccheck.findings import merged
from vpccheck.report import Report
from vpccheck.summary import capacity_lines

_VERDICTS = {
    "fine": "nothing stands in the way",
    "doubtful": "nothing is surely broken, something may be",
    "broken": "something is broken",
}


def render(report: Report) -> str:
    """Return the report as text, tables first, sentences below; it ends with a line end."""
    return "\n\n".join(_parts(report)) + "\n"


def _parts(report: Report) -> Iterator[str]:
    case = report.case
    place = case.facts.vpc.get("VpcId", "no VPC")
    yield (
        f"{report.title} in {place}, {case.facts.region}: {_VERDICTS[report.verdict]}\n"
        f"subnets {', '.join(case.function.subnets) or '-'}; "
        f"groups {', '.join(case.function.groups) or '-'}"
    )
    if report.observations:
        rows = [
            (
                seen.target.text,
                seen.word,
                seen.address or None,
                round(seen.milliseconds),
                told.verdict,
                told.causes[0].code if told.causes else None,
            )
            for seen, told in zip(report.observations, report.explanations, strict=True)
        ]
        yield format_table(("PROBE", "RESULT", "ADDRESS", "MS", "VERDICT", "CAUSE"), rows)
        told = [
            f"{told.target}: {told.text}\n    seen: {seen.detail or seen.word}\n    → {told.remedy}"
            for seen, told in zip(report.observations, report.explanations, strict=True)
            if told.verdict != "fine"
        ]
        if told:
            yield "\n".join(told)
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
