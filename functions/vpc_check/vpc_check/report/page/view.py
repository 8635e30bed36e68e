"""What the page shows, worked out: the template only places it.

Paths that break, or may, in the same way are one drawing, whatever subnet they start from and
whatever target they lead to. A cause is described once, at the hop where the first of them breaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vpc_check.findings import MEANINGS, SEVERITIES, Finding
from vpc_check.report.hops import DrawnHop, DrawnPath
from vpc_check.report.page.names import Names, Thing
from vpc_check.report.report import Report, capacity_lines
from vpc_check.safe_text import clean, clean_all

HEADLINES = {
    "fine": "No problems found",
    "doubtful": "Nothing is certainly broken; something may be",
    "broken": "Something is broken",
}
KINDS = {
    "function": "function",
    "dns": "name",
    "groups": "security groups",
    "subnet": "subnet",
    "table": "route table",
    "gateway": "gateway",
    "target": "target",
    "rest": "…",
}
_WORDS = {
    "broken": "breaks here",
    "doubtful": "may break here",
    "unknown": "not visible from here",
    "beyond": "not reached",
    "ok": "fine",
}
_OF_TARGET = {"broken": "broken", "doubtful": "doubtful", "unknown": "not visible", "ok": "fine"}
# What no check of this package looks at, whatever it may describe.
NEVER_LOOKED_AT = (
    "what is behind a VPN, a Direct Connect, a Gateway Load Balancer or AWS Network Firewall",
    "service control policies, and conditions and resources of Allow statements",
    "the target's own firewall, and what it does with a connection",
)


@dataclass(frozen=True)
class Cause:
    """Findings that differ only in what they affect, with the number they are referred to by."""

    number: int
    finding: Finding
    thing: Thing
    targets: tuple[str, ...]
    subnets: tuple[Thing, ...]
    messages: tuple[str, ...]
    remedies: tuple[str, ...]

    @property
    def short(self) -> str:
        """What its code means, and where."""
        return f"{MEANINGS[self.finding.code]}: {self.thing.text}"

    @property
    def scope(self) -> str:
        """What it affects, in words."""
        targets = f"{len(self.targets)} targets" if len(self.targets) > 3 else ""
        return targets or ", ".join(self.targets) or "the function as a whole"


@dataclass(frozen=True)
class HopView:
    """One hop of a drawing; `things` are what it is in each of the paths that were merged."""

    kind: str
    state: str
    word: str
    things: tuple[Thing, ...]
    details: tuple[str, ...]
    causes: tuple[int, ...]

    @property
    def shown(self) -> int:
        """How many of its things have room; names of targets are in the heading, too."""
        return 1 if self.kind in ("name", "target") else 3


@dataclass(frozen=True)
class Callout:
    """A cause below a drawing: at which hop, from 1, and in full where it comes first."""

    cause: Cause
    hop: int
    first: bool


@dataclass(frozen=True)
class Drawing:
    """Paths that are alike."""

    state: str
    targets: tuple[str, ...]
    subnets: tuple[Thing, ...]
    hops: tuple[HopView, ...]
    callouts: tuple[Callout, ...]

    @property
    def folded(self) -> bool:
        """Whether all of its causes are described in full above."""
        return bool(self.callouts) and not any(callout.first for callout in self.callouts)

    @property
    def words(self) -> str:
        """The drawing for those who do not see it."""
        return " → ".join(
            f"{hop.kind} {', '.join(thing.text for thing in hop.things)}".rstrip()
            + (f" ({hop.word})" if hop.state != "ok" else "")
            for hop in self.hops
        )


@dataclass(frozen=True)
class TargetRow:
    """A line of the summary."""

    target: str
    about: str
    state: str
    verdict: str
    probe: str
    cause: str
    numbers: tuple[int, ...]
    anchor: int  # of its first drawing


@dataclass(frozen=True)
class Probe:
    """A probe, with what it means."""

    target: str
    address: str
    word: str
    verdict: str
    detail: str
    milliseconds: int
    text: str
    remedy: str


@dataclass(frozen=True)
class Page:
    """Everything on the page."""

    title: str
    verdict: str
    headline: str
    place: tuple[tuple[str, str], ...]
    rows: tuple[TargetRow, ...]
    drawings: tuple[Drawing, ...]
    fine: tuple[Drawing, ...]
    other_causes: tuple[Cause, ...]
    causes: tuple[Cause, ...]
    probes: tuple[Probe, ...]
    capacity: tuple[dict[str, object], ...]
    capacity_lines: tuple[str, ...]
    unknown: tuple[Cause, ...]
    never: tuple[str, ...] = NEVER_LOOKED_AT


def view(report: Report, now: datetime) -> Page:
    """Return what the page of a report shows."""
    names = Names(report.analysis.facts)
    causes = find_causes(report.findings, names)
    drawings = _mark_first(_draw_all(report.paths, causes, names))
    shown = [each for each in drawings if each.state != "ok"]
    on_drawings = {callout.cause.number for each in shown for callout in each.callouts}
    return Page(
        title=clean(report.title),
        verdict=report.verdict,
        headline=HEADLINES[report.verdict],
        place=tuple(_place(report, names, now)),
        rows=tuple(_rows(report, causes, shown)),
        drawings=tuple(shown),
        fine=tuple(each for each in drawings if each.state == "ok"),
        other_causes=tuple(
            each
            for each in causes
            if each.number not in on_drawings and each.finding.severity in ("error", "warning")
        ),
        causes=tuple(causes),
        probes=tuple(_probes(report)),
        capacity=tuple(vars(need) for need in report.capacity.needs) if report.capacity else (),
        capacity_lines=tuple(map(clean, capacity_lines(report.capacity)))
        if report.capacity
        else (),
        unknown=tuple(each for each in causes if each.finding.severity == "unknown"),
    )


def find_causes(findings: Sequence[Finding], names: Names) -> list[Cause]:
    """Group findings that say the same of several targets or subnets, the gravest first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for each in findings:
        key = (each.severity, each.code, each.component)
        groups.setdefault(key, []).append(each)
    grave = sorted(groups.values(), key=lambda group: SEVERITIES.index(group[0].severity))
    return [
        Cause(
            number,
            replace(group[0], target="", subnet=""),
            names.thing(group[0].component),
            tuple(dict.fromkeys(each.target for each in group if each.target)),
            tuple(names.thing(s) for s in dict.fromkeys(e.subnet for e in group if e.subnet)),
            tuple(dict.fromkeys(each.message for each in group)),
            tuple(dict.fromkeys(each.remedy for each in group)),
        )
        for number, group in enumerate(grave, 1)
    ]


def _place(report: Report, names: Names, now: datetime) -> Iterator[tuple[str, str]]:
    facts = report.analysis.facts
    vpc = names.thing(str(facts.vpc.get("VpcId", "")))
    yield "VPC", f"{vpc.text} {vpc.note}".strip() if vpc.id else "none"
    subnets = [names.thing(each) for each in report.analysis.function.subnets]
    if subnets:
        yield (
            "Subnets",
            "; ".join(f"{each.text} ({each.note})".replace(" ()", "") for each in subnets),
        )
    groups = [names.thing(each).text for each in report.analysis.function.groups]
    if groups:
        yield "Security groups", ", ".join(groups)
    yield "Account and region", f"{facts.account or 'not known'}, {facts.region}"
    yield "Checked", f"{now:%Y-%m-%d %H:%M} UTC"


def _draw_all(paths: Sequence[DrawnPath], causes: Sequence[Cause], names: Names) -> list[Drawing]:
    """Merge the paths that look alike; those that break come first."""
    groups: dict[tuple[object, ...], list[DrawnPath]] = {}
    for path in map(_shorten, paths):
        groups.setdefault(_likeness(path), []).append(path)
    order = ("broken", "doubtful", "unknown", "ok")
    merged = sorted(groups.values(), key=lambda group: order.index(group[0].state))
    return [_draw(group, causes, names) for group in merged]


def _shorten(path: DrawnPath) -> DrawnPath:
    """Leave out names that resolve, and what lies beyond a break and has nothing to say."""
    hops = [hop for hop in path.hops if hop.kind != "dns" or hop.codes]
    last = max((at for at, hop in enumerate(hops) if hop.state == "broken"), default=len(hops))
    beyond = hops[last + 1 : -1]
    if len(beyond) > 1 and not any(hop.codes for hop in beyond):
        hops = [*hops[: last + 1], DrawnHop("rest", "", (), "", "beyond"), hops[-1]]
    return replace(path, hops=tuple(hops))


def _likeness(path: DrawnPath) -> tuple[object, ...]:
    return tuple(
        (hop.kind, hop.state, hop.codes, hop.label[:3] if hop.kind == "gateway" else "")
        for hop in path.hops
    )


def _draw(group: Sequence[DrawnPath], causes: Sequence[Cause], names: Names) -> Drawing:
    columns = list(zip(*(path.hops for path in group), strict=True))
    hops = tuple(_hop(column, group, causes, names) for column in columns)
    callouts = [
        Callout(cause, at, first=False)
        for at, hop in enumerate(hops, 1)
        for cause in causes
        if cause.number in hop.causes and cause.finding.severity in ("error", "warning")
    ]
    return Drawing(
        group[0].state,
        tuple(dict.fromkeys(path.target for path in group)),
        tuple(names.thing(s) for s in dict.fromkeys(path.subnet for path in group if path.subnet)),
        hops,
        tuple(callouts),
    )


def _hop(
    column: Sequence[DrawnHop],
    group: Sequence[DrawnPath],
    causes: Sequence[Cause],
    names: Names,
) -> HopView:
    first = column[0]
    labels = [(hop.kind, hop.label) for hop in column if hop.label]
    things = (thing for kind, label in labels for thing in names.things(kind, label))
    numbers = [
        cause.number
        for cause in causes
        if any(_is_at(cause, hop, path) for hop, path in zip(column, group, strict=True))
    ]
    return HopView(
        KINDS[first.kind],
        first.state,
        _WORDS[first.state],
        tuple(dict.fromkeys(things)),
        tuple(dict.fromkeys(names.thing(hop.detail).text for hop in column if hop.detail)),
        tuple(numbers),
    )


def _is_at(cause: Cause, hop: DrawnHop, path: DrawnPath) -> bool:
    subnets = {thing.id for thing in cause.subnets}
    return (
        cause.finding.code in hop.codes
        and (not cause.targets or path.target in cause.targets)
        and (not subnets or path.subnet in subnets)
    )


def _mark_first(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Describe each cause in full in the first drawing that has it."""
    seen: set[int] = set()
    marked = []
    for drawing in drawings:
        callouts = []
        for each in drawing.callouts:
            callouts.append(replace(each, first=each.cause.number not in seen))
            seen.add(each.cause.number)
        marked.append(replace(drawing, callouts=tuple(callouts)))
    return marked


def _rows(
    report: Report, causes: Sequence[Cause], drawings: Sequence[Drawing]
) -> Iterator[TargetRow]:
    words: dict[str, list[str]] = {}
    meanings: dict[str, list[str]] = {}
    for each in report.explanations:
        words.setdefault(each.target, []).append(each.word)
        if each.verdict != "fine":
            meanings.setdefault(each.target, []).append(each.text)
    states = _states(report)
    rows = []
    for destination in report.analysis.destinations:
        target = destination.target.text
        drawn = {
            callout.cause.number
            for drawing in drawings
            if target in drawing.targets
            for callout in drawing.callouts
        }
        own = [
            cause
            for cause in causes
            if cause.finding.severity in ("error", "warning")
            and (target in cause.targets or cause.number in drawn)
        ]
        state = states.get(target, "ok")
        # What holds from everywhere explains more than what holds from one subnet.
        own.sort(key=lambda cause: (SEVERITIES.index(cause.finding.severity), bool(cause.subnets)))
        text = own[0].short if own else next(iter(meanings.get(target, [])), "")
        anchor = next((n for n, each in enumerate(drawings, 1) if target in each.targets), 0)
        rows.append(
            TargetRow(
                target=clean(target),
                about=clean(destination.target.about),
                state=state,
                verdict=_OF_TARGET[state],
                probe=", ".join(dict.fromkeys(words.get(target, []))) or "not probed",
                cause=clean(text),
                numbers=tuple(cause.number for cause in own),
                anchor=anchor,
            )
        )
    order = ("broken", "doubtful", "unknown", "ok")
    yield from sorted(rows, key=lambda row: order.index(row.state))


def _states(report: Report) -> dict[str, str]:
    """The worst of each target: of its paths, and of its probes as they were explained."""
    order = ("broken", "doubtful", "unknown", "ok")
    found: dict[str, list[str]] = {}
    contradicted = {each.target for each in report.explanations if each.verdict == "contradicted"}
    for path in report.paths:
        state = "doubtful" if path.target in contradicted else path.state
        found.setdefault(path.target, []).append(state)
    for each in report.explanations:
        if each.verdict in ("explained", "alone") and each.word not in ("ok", "sent", "not_tried"):
            doubtful = each.word in ("slow", "denied", "http_status")
            found.setdefault(each.target, []).append("doubtful" if doubtful else "broken")
        elif each.verdict in ("suspected", "partial", "contradicted"):
            found.setdefault(each.target, []).append("doubtful")
    return {target: min(states, key=order.index) for target, states in found.items()}


def _probes(report: Report) -> Iterator[Probe]:
    for seen, explained in zip(report.observations, report.explanations, strict=True):
        cleaned = clean_all([seen.target.text, seen.detail or "", explained.text, explained.remedy])
        target, detail, text, remedy = cleaned
        yield Probe(
            target,
            seen.address or "-",
            seen.word,
            explained.verdict,
            detail,
            round(seen.milliseconds),
            text if explained.verdict != "fine" else "",
            remedy,
        )
