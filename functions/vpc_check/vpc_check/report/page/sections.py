"""The parts of the page, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vpc_check.findings import MEANINGS, Finding, merged
from vpc_check.network.capacity import Capacity
from vpc_check.observation import WORDS, Observation
from vpc_check.report.explain import Explanation
from vpc_check.report.hops import DrawnPath
from vpc_check.report.page.drawing import STATES, draw
from vpc_check.report.page.markup import Markup, join, tag
from vpc_check.report.report import Report, capacity_lines


def sections(report: Report) -> Iterator[Markup]:
    """Yield paths, probes, findings and capacity, each only if there is something to show."""
    if report.paths:
        yield _section("paths", "Paths", *_targets(report))
    yield _section("findings", "Findings", _findings(report.findings))
    if report.observations:
        yield _section("probes", "Probes", _probes(report.observations, report.explanations))
    if report.capacity is not None:
        yield _section("capacity", "Capacity", _capacity(report.capacity))


def _section(name: str, title: str, *children: object) -> Markup:
    heading = f"{name}-heading"
    return tag("section", tag("h2", title, id=heading), *children, id=name, aria_labelledby=heading)


def _targets(report: Report) -> Iterator[Markup]:
    """Each target with its paths; those that look alike are drawn once."""
    number = 0
    for text in dict.fromkeys(path.target for path in report.paths):
        paths = [path for path in report.paths if path.target == text]
        drawn = []
        for group in _alike(paths):
            subnets = ", ".join(dict.fromkeys(path.subnet for path in group if path.subnet))
            causes = _causes(report.findings, group[0])
            drawn.append(
                tag(
                    "figure",
                    tag("figcaption", f"from {subnets}") if subnets else "",
                    draw(group[0], number),
                    causes,
                    class_=None if causes else "plain",
                )
            )
            number += 1
        explained = [each for each in report.explanations if each.target == text]
        yield tag(
            "article",
            tag("h3", text),
            *[
                tag("p", tag("b", _verdict(each)), " ", each.text, class_="explained")
                for each in explained
            ],
            tag("div", *drawn, class_="drawings"),
        )
    yield tag(
        "p",
        "Signs: ",
        "; ".join(f"{state}, {meaning}" for state, meaning in STATES.items()),
        class_="quiet",
    )


def _causes(findings: Sequence[Finding], path: DrawnPath) -> Markup:
    """What is wrong on a path, next to its drawing."""
    lines = [
        tag("li", each.message, ". ", tag("b", "Remedy: "), each.remedy, ".")
        for each in findings
        if each.severity in ("error", "warning")
        and each.target == path.target
        and each.subnet in ("", path.subnet)
    ]
    return tag("ul", *dict.fromkeys(lines), class_="causes") if lines else Markup("")


def _alike(paths: Sequence[DrawnPath]) -> list[list[DrawnPath]]:
    """Paths of one target that differ in the place only: one subnet's paths in the same states."""
    groups: dict[object, list[DrawnPath]] = {}
    for path in paths:
        key = (path.subnet, tuple((hop.kind, hop.state, hop.codes) for hop in path.hops))
        groups.setdefault(key, []).append(path)
    return list(groups.values())


def _verdict(explanation: Explanation) -> str:
    return f"Probe: {explanation.word}."


def _findings(findings: Sequence[Finding]) -> Markup:
    if not findings:
        return tag("p", "None.")
    return tag(
        "ol",
        *[
            tag(
                "li",
                tag(
                    "p",
                    tag("span", each.severity, class_=f"chip {each.severity}"),
                    " ",
                    tag("code", each.code),
                    " ",
                    tag("span", MEANINGS[each.code], class_="quiet"),
                ),
                tag("p", each.message),
                tag("p", tag("b", "Remedy: "), each.remedy),
                tag("p", _about(each, subnets), class_="quiet"),
            )
            for each, subnets in merged(findings)
        ],
        class_="findings",
    )


def _about(finding: Finding, subnets: Sequence[str]) -> str:
    parts = [finding.component]
    parts += [f"for {finding.target}"] if finding.target else []
    parts += [f"from {', '.join(subnets)}"] if subnets else []
    return " · ".join(parts)


def _probes(seen: Sequence[Observation], explanations: Sequence[Explanation]) -> Markup:
    headings = ("Target", "Result", "Address", "Milliseconds", "What it means", "What to do")
    rows = [
        (
            one.target.text,
            join(tag("b", one.word), " ", tag("span", WORDS[one.word], class_="quiet")),
            one.address or "—",
            f"{one.milliseconds:,.0f}",
            join(other.text, " ", tag("span", one.detail, class_="quiet")),
            other.remedy or "—",
        )
        for one, other in zip(seen, explanations, strict=True)
    ]
    return _table("What the probes saw", headings, rows)


def _capacity(capacity: Capacity) -> Markup:
    headings = ("Subnet", "Interfaces", "Present", "Free addresses", "Left", "Connections at most")
    rows = [
        tuple(
            "—" if value is None else f"{value:,}" if isinstance(value, int) else value
            for value in (
                *(need.subnet, need.interfaces, need.present),
                *(need.free, need.left, need.most),
            )
        )
        for need in capacity.needs
    ]
    return join(
        _table("What each subnet has to give", headings, rows),
        *[tag("p", line) for line in capacity_lines(capacity)],
    )


def _table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption),
            tag("thead", tag("tr", *[tag("th", each, scope="col") for each in headings])),
            tag(
                "tbody",
                *[
                    tag(
                        "tr",
                        tag("th", row[0], scope="row"),
                        *[tag("td", cell) for cell in row[1:]],
                    )
                    for row in rows
                ],
            ),
        ),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_label=caption,
    )
