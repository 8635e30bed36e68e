"""Network ACLs, which are stateless: every subnet on the way, both ways.

Source: "Network ACLs" and "Ephemeral ports", Amazon VPC User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network import network_acl
from vpc_check.network.cidr import shown
from vpc_check.network.paths import Analysis, Located, NetworkPath, SubnetCrossing, SubnetHop


def check(analysis: Analysis) -> Iterator[Located]:
    """Report each crossing that the ACL of its subnet does not admit, or not wholly."""
    for path in analysis.paths:
        for hop in path.hops:
            if isinstance(hop, SubnetHop) and hop.acl is not None:
                yield from _check_subnet(path, hop, hop.acl)


def _check_subnet(path: NetworkPath, hop: SubnetHop, acl: dict[str, object]) -> Iterator[Located]:
    for crossing in hop.crossings:
        verdict = network_acl.admits(
            acl,
            egress=crossing.egress,
            peer=crossing.peer,
            protocol=path.target.transport,
            ports=crossing.ports,
        )
        if verdict.word != "allowed":
            yield hop, _finding(path, hop, crossing, verdict)


def _finding(
    path: NetworkPath, hop: SubnetHop, crossing: SubnetCrossing, verdict: network_acl.Verdict
) -> Finding:
    direction = "outbound to" if crossing.egress else "inbound from"
    first, last = crossing.ports
    ports = f"port {first}" if first == last else f"ports {first} to {last}"
    peer, transport = shown(crossing.peer), path.target.transport
    what = "answers" if crossing.answer else "requests"
    partly = verdict.word == "partly"
    return Finding(
        "SUBNET_ACL_RESTRICTION",
        "warning" if partly else "error",
        hop.detail,
        f"{hop.detail} of {hop.id} stops {'some ' if partly else ''}{what}: "
        f"{transport} {direction} {peer}, {ports} (rule {verdict.rule})",
        f"allow {transport} {direction} that range on {ports} in {hop.detail}, under a "
        "lower rule number",
        path.target.text,
        path.subnet,
    )
