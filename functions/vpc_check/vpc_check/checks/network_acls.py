"""Network ACLs, which are stateless: every subnet on the way, both ways.

Source: "Network ACLs" and "Ephemeral ports", Amazon VPC User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vpc_check import wayout
from vpc_check.findings import Finding
from vpc_check.network import network_acl as acl
from vpc_check.network.cidr import Networks, shown
from vpc_check.network.paths import Case, Journey


@dataclass(frozen=True)
class Crossing:
    """Traffic over the edge of a subnet: out of it (egress) to `peer`, or into it from there."""

    subnet: str
    egress: bool
    peer: Networks
    ports: acl.Ports
    answer: bool  # it goes back to the function


def check(case: Case) -> Iterator[Finding]:
    """Report each crossing that the ACL of its subnet does not admit, or not wholly."""
    for journey in case.journeys:
        if journey.route is None:
            continue
        for crossing in crossings(case, journey):
            row = acl.of_subnet(case.facts, crossing.subnet)
            if row is None:
                continue
            verdict = acl.admits(
                row,
                egress=crossing.egress,
                peer=crossing.peer,
                protocol=journey.target.transport,
                ports=crossing.ports,
            )
            if verdict.word != "allowed":
                name = str(row["NetworkAclId"])
                yield _finding(journey, crossing, name, verdict)


def crossings(case: Case, journey: Journey) -> Iterator[Crossing]:
    """Every edge that requests and answers pass, in the order of the packets."""
    if journey.place.subnet == journey.subnet:
        return  # ACLs do not look at traffic within a subnet
    port = (journey.target.port, journey.target.port)
    source = case.addresses_of(journey.subnet, journey.version)
    yield from _pair(journey.subnet, True, journey.addresses, port)
    between = wayout.middle(case.facts, journey)[1]
    if between and between != journey.subnet:
        yield from _pair(between, False, source, port)
        yield from _pair(between, True, journey.addresses, port)
    if journey.place.subnet and journey.gateway and journey.gateway.kind == "local":
        yield from _pair(journey.place.subnet, False, source, port)


def _pair(subnet: str, egress: bool, peer: Networks, port: acl.Ports) -> Iterator[Crossing]:
    """The request over one edge of a subnet, and its answer over the same edge."""
    if peer:
        yield Crossing(subnet, egress, peer, port, answer=False)
        yield Crossing(subnet, not egress, peer, acl.EPHEMERAL, answer=True)


def _finding(journey: Journey, crossing: Crossing, name: str, verdict: acl.Verdict) -> Finding:
    direction = "outbound to" if crossing.egress else "inbound from"
    first, last = crossing.ports
    ports = f"port {first}" if first == last else f"ports {first} to {last}"
    peer = shown(crossing.peer)
    rule = f"rule {verdict.rule}"
    what = "answers" if crossing.answer else "requests"
    partly = verdict.word == "partly"
    return Finding(
        "SUBNET_ACL_RESTRICTION",
        "warning" if partly else "error",
        name,
        f"{name} of {crossing.subnet} stops {'some ' if partly else ''}{what}: "
        f"{journey.target.transport} {direction} {peer}, {ports} ({rule})",
        f"allow {journey.target.transport} {direction} that range on {ports} in {name}, under a "
        "lower rule number",
        journey.target.text,
        journey.subnet,
    )
