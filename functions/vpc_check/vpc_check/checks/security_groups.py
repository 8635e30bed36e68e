"""Security groups: out of the function, and into what it should reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network import security_group
from vpc_check.network.cidr import ANYWHERE, shown
from vpc_check.network.paths import Analysis, GatewayHop, GroupsHop, Hop, Located, NetworkPath
from vpc_check.network.security_group import Peer

_OUT, _IN = "IpPermissionsEgress", "IpPermissions"


def check(analysis: Analysis) -> Iterator[Located]:
    """Report what the function's groups don't let out, and the target's don't let in."""
    for path in analysis.paths:
        for hop in path.hops:
            if isinstance(hop, GroupsHop) and hop.egress:
                yield from _check_egress(analysis, path, hop)
        for hop in path.hops:
            if isinstance(hop, GroupsHop) and not hop.egress:
                yield from _check_ingress(analysis, path, hop, hop.rows)
        gateway = path.gateway
        if gateway is not None:
            yield from _check_ingress(analysis, path, gateway, gateway.groups)


def _check_egress(analysis: Analysis, path: NetworkPath, hop: GroupsHop) -> Iterator[Located]:
    location, target = path.location, path.target
    end = Peer(location.addresses, location.groups, location.prefix_list)
    word = security_group.admit(analysis.facts, hop.rows, _OUT, end, target.transport, target.port)
    if not hop.rows or word == "allowed":
        return
    empty = security_group.without_rules(hop.rows, _OUT)
    where = shown(path.addresses)
    finding = Finding(
        "SG_HAS_NO_RULES" if empty else "ENI_SG_RULES_MISMATCH",
        "error" if word == "denied" else "warning",
        str(hop.rows[0]["GroupId"]),
        f"{_names(hop.rows)}, of the function, "
        f"{'has no outbound rule at all' if empty else _lets(word)}"
        f"{'' if empty else f' {target.transport} {target.port} out to {where}'}",
        f"add an outbound rule: {target.transport} {target.port} to "
        + (", ".join(location.groups) or location.prefix_list or _everywhere(path)),
        target.text,
        path.subnet,
    )
    yield hop, finding


def _check_ingress(
    analysis: Analysis, path: NetworkPath, hop: Hop, rows: Sequence[Row]
) -> Iterator[Located]:
    target = path.target
    if not rows or not path.source or (isinstance(hop, GatewayHop) and hop.gateway.kind == "nat"):
        return
    source = Peer(path.source, analysis.function.groups)
    word = security_group.admit(analysis.facts, rows, _IN, source, target.transport, target.port)
    if word == "allowed":
        return
    empty = security_group.without_rules(rows, _IN)
    mine = ", ".join(analysis.function.groups)
    finding = Finding(
        "SG_HAS_NO_RULES" if empty else "ENI_SG_RULES_MISMATCH",
        "error" if word == "denied" else "warning",
        str(rows[0]["GroupId"]),
        f"{_names(rows)}, of the target, {'has no inbound rule at all' if empty else _lets(word)}"
        f"{'' if empty else f' {target.transport} {target.port} in from {mine}'}",
        f"add an inbound rule: {target.transport} {target.port} from {mine}",
        target.text,
        path.subnet,
    )
    yield hop, finding


def _lets(word: str) -> str:
    return "does not let" if word == "denied" else "lets only a part of"


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(str(row["GroupId"]) for row in rows)


def _everywhere(path: NetworkPath) -> str:
    return "0.0.0.0/0" if path.addresses == ANYWHERE else shown(path.addresses)
