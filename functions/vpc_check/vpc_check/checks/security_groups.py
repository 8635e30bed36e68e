"""Security groups: out of the function, and into what it should reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network import security_group
from vpc_check.network.cidr import ANYWHERE, Networks, networks, shown
from vpc_check.network.paths import Analysis, GatewayHop, GroupsHop, Hop, Located, NetworkPath
from vpc_check.network.security_group import Peer

_OUT, _IN = "IpPermissionsEgress", "IpPermissions"
_SEVERITIES = {"denied": "error", "partly": "warning", "unknown": "unknown"}
_PHRASES = {
    "denied": "does not let",
    "partly": "lets only a part of",
    "unknown": "names groups or prefix lists that are not known here, and may or may not let",
}


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
            yield from _check_forwarded(analysis, path, gateway)


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
        _SEVERITIES[word],
        str(hop.rows[0]["GroupId"]),
        f"{_names(hop.rows)}, of the function, "
        f"{'has no outbound rule at all' if empty else _PHRASES[word]}"
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
    if path.location.from_internet and isinstance(hop, GroupsHop):
        addresses = _public_addresses(path.gateway)
        if not addresses:
            return
        source = Peer(addresses)
    word = security_group.admit(analysis.facts, rows, _IN, source, target.transport, target.port)
    if word == "allowed":
        return
    empty = security_group.without_rules(rows, _IN)
    mine = ", ".join(analysis.function.groups)
    if path.location.from_internet:
        mine = shown(source.addresses)
    what = "has no inbound rule at all" if empty else _PHRASES[word]
    # The function may get any address of its subnet: those of the other part fail.
    own_part = word == "partly" and not path.location.from_internet
    finding = Finding(
        "SG_HAS_NO_RULES" if empty else "ENI_SG_RULES_MISMATCH",
        "error" if own_part else _SEVERITIES[word],
        str(rows[0]["GroupId"]),
        f"{_names(rows)}, of the target, {what}"
        f"{'' if empty else f' {target.transport} {target.port} in from {mine}'}",
        f"add an inbound rule: {target.transport} {target.port} from {mine}",
        target.text,
        path.subnet,
    )
    yield hop, finding


def _check_forwarded(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    """Report what the groups of a NAT instance or an appliance don't let out again."""
    location, target = path.location, path.target
    if not hop.groups or hop.gateway.kind != "interface":
        return
    end = Peer(location.addresses, location.groups, location.prefix_list)
    facts, transport, port = analysis.facts, target.transport, target.port
    word = security_group.admit(facts, hop.groups, _OUT, end, transport, port)
    if word == "allowed":
        return
    where = shown(path.addresses)
    empty = security_group.without_rules(hop.groups, _OUT)
    what = "has no outbound rule at all" if empty else _PHRASES[word]
    finding = Finding(
        "SG_HAS_NO_RULES" if empty else "ENI_SG_RULES_MISMATCH",
        _SEVERITIES[word],
        str(hop.groups[0]["GroupId"]),
        f"{_names(hop.groups)}, of {hop.id}, which forwards the traffic, {what}"
        f"{'' if empty else f' {transport} {port} out to {where}'}",
        f"add an outbound rule: {transport} {port} to {_everywhere(path)}",
        target.text,
        path.subnet,
    )
    yield hop, finding


def _public_addresses(gateway: GatewayHop | None) -> Networks:
    """The public addresses of a NAT: where packets to this VPC's own public addresses come from."""
    row = (gateway.row if gateway else None) or {}
    listed = [each.get("PublicIp") for each in row.get("NatGatewayAddresses", [])]
    listed.append((row.get("Association") or {}).get("PublicIp"))
    return networks(str(each) for each in listed if each)


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(str(row["GroupId"]) for row in rows)


def _everywhere(path: NetworkPath) -> str:
    return "0.0.0.0/0" if path.addresses == ANYWHERE else shown(path.addresses)
