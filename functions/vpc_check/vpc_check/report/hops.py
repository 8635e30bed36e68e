"""The path of each journey as hops, and where it breaks: what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vpc_check import wayout
from vpc_check.findings import Finding
from vpc_check.network import network_acl as acl
from vpc_check.network import routing
from vpc_check.network.paths import Case, Journey

_STATES = {"error": "broken", "warning": "doubtful", "unknown": "unknown", "info": "ok"}
_ORDER = ("broken", "doubtful", "unknown", "ok")
# Findings whose component is not on the path, or on it more than once → the kind of hop they
# are told at.
_AT = {
    "DNS_SUPPORT_DISABLED": "dns",
    "DNS_HOSTNAMES_DISABLED": "dns",
    "DNS_CUSTOM_SERVERS": "dns",
    "ENDPOINT_WITHOUT_PRIVATE_DNS": "dns",
    "UNKNOWN_DESTINATION": "dns",
    "ENDPOINT_ON_OTHER_TABLE": "table",
    "CANNOT_ROUTE": "table",
    "LAMBDA_PORT_25_BLOCKED": "function",
}


@dataclass(frozen=True)
class Hop:
    """`kind` is function, dns, groups, subnet, table, gateway or target; `ids` what it stands for.

    `detail` adds to the label: a subnet's ACL, the destination of a table's route. `state` is ok,
    doubtful, unknown, broken, or beyond (behind a break). `codes` are of the findings told there.
    """

    kind: str
    label: str
    ids: tuple[str, ...]
    detail: str = ""
    state: str = "ok"
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Path:
    """From a subnet of the function to a place of a target."""

    target: str
    subnet: str
    place: str
    hops: tuple[Hop, ...]

    @property
    def state(self) -> str:
        """The worst of its hops."""
        states = {hop.state for hop in self.hops}
        return next((state for state in _ORDER if state in states), "ok")


def trace(case: Case, findings: Sequence[Finding]) -> list[Path]:
    """Return the path of each journey, and a short one for each target without any."""
    paths = [
        Path(
            journey.target.text,
            journey.subnet,
            journey.place.id,
            _judged(list(_hops(case, journey)), findings, journey.target.text, journey.subnet),
        )
        for journey in case.journeys
    ]
    travelled = {journey.target.text for journey in case.journeys}
    for destination in case.destinations:
        text = destination.target.text
        if text not in travelled:
            # In a VPC that could not be described, nobody knows; outside of one there is no path.
            state = "unknown" if case.function.subnets else "ok"
            hops = [
                _function(case),
                Hop("dns", destination.target.host, (destination.target.host,)),
                Hop("target", text, (text,), state=state),
            ]
            paths.append(Path(text, "", "", _judged(hops, findings, text, "")))
    return paths


def _function(case: Case) -> Hop:
    name = case.function.name or "planned function"
    return Hop("function", name, (name, "VpcConfig"))


def _hops(case: Case, journey: Journey) -> Iterator[Hop]:
    facts, target, gateway = case.facts, journey.target, journey.gateway
    yield _function(case)
    if target.literal is None:
        yield Hop("dns", target.host, (target.host,))
    if case.function.groups:
        yield _groups(case, case.function.groups)
    yield _subnet(case, journey.subnet)
    if journey.table is None:
        yield Hop("table", "not known", (), state="unknown")
    else:
        yield _table(journey.table["RouteTableId"], journey.route)
    if gateway is not None and gateway.kind != "local":
        blind = gateway.kind == "nat" and not facts.has(["NatGateways"])
        yield Hop("gateway", gateway.id, (gateway.id,), state="unknown" if blind else "ok")
        between = wayout.middle(facts, journey)[1]
        if between:
            if between != journey.subnet:
                yield _subnet(case, between)
            table, route = wayout.leg(case, journey, between)
            if table is not None:
                yield _table(table["RouteTableId"], route)
            if route is not None:
                beyond = routing.gateway(route).id
                yield Hop("gateway", beyond, (beyond,))
    elif journey.place.subnet and journey.place.subnet != journey.subnet:
        yield _subnet(case, journey.place.subnet)
    if journey.place.groups:
        yield _groups(case, journey.place.groups)
    ids = (target.text, target.host, journey.place.id, journey.destination.endpoint)
    yield Hop("target", target.text, ids)


def _subnet(case: Case, name: str) -> Hop:
    row = acl.of_subnet(case.facts, name)
    filtered = str(row["NetworkAclId"]) if row else ""
    state = "ok" if filtered else "unknown"
    return Hop("subnet", name, (name, filtered or name), filtered, state)


def _groups(case: Case, ids: tuple[str, ...]) -> Hop:
    state = "ok" if case.facts.groups(ids) else "unknown"
    return Hop("groups", ", ".join(ids), ids, state=state)


def _table(name: str, route: dict[str, object] | None) -> Hop:
    return Hop("table", name, (name,), routing.destination(route) if route else "no route")


def _judged(
    hops: list[Hop], findings: Sequence[Finding], target: str, subnet: str
) -> tuple[Hop, ...]:
    told: list[list[Finding]] = [[] for _ in hops]
    for finding in findings:
        concerned = finding.target in ("", target) and finding.subnet in ("", subnet)
        if concerned and finding.code != "UNKNOWN_RESOURCE":
            told[_place(hops, finding)].append(finding)
    judged: list[Hop] = []
    broken = False
    for hop, found in zip(hops, told, strict=True):
        states = {hop.state, *(_STATES[each.severity] for each in found)}
        state = next((each for each in _ORDER if each in states), "ok")
        if broken and state in ("ok", "unknown"):
            state = "beyond"
        broken = broken or state == "broken"
        codes = tuple(dict.fromkeys(each.code for each in found))
        judged.append(replace(hop, state=state, codes=codes))
    return tuple(judged)


def _place(hops: list[Hop], finding: Finding) -> int:
    """The hop at which a finding is told: by its code, else by its component, else an end."""
    kind = _AT.get(finding.code)
    for number, hop in enumerate(hops):
        if hop.kind == kind if kind else finding.component in hop.ids:
            return number
    return len(hops) - 1 if finding.target and kind is None else 0
