"""What a route leads to: internet gateways, NATs, peerings, endpoints, and what is beyond.

Sources: "NAT gateways" and "Block public access to VPCs and subnets", Amazon VPC User Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vpc_check.checks.far_side import check_peering, check_transit
from vpc_check.checks.routes import check_second_leg
from vpc_check.facts import Facts, Row
from vpc_check.findings import Finding
from vpc_check.network.cidr import Network, covers, networks, private, shown, translated
from vpc_check.network.paths import Analysis, GatewayHop, Located, NetworkPath, SubnetHop

_Judge = Callable[[Analysis, NetworkPath, GatewayHop], Iterator[Located]]


def check(analysis: Analysis) -> Iterator[Located]:
    """Judge the gateway of each path by its kind, NAT gateways aside."""
    for path in analysis.paths:
        hop = path.gateway
        if hop is not None and not path.table.is_blackhole and hop.gateway.kind in _JUDGES:
            yield from _JUDGES[hop.gateway.kind](analysis, path, hop)


def check_nat(analysis: Analysis) -> Iterator[Located]:
    """Report a NAT that is gone or failed, is private, or has no way out of its own subnet."""
    for path in analysis.paths:
        hop = path.gateway
        # A black hole is reported by the check of routes.
        if hop is None or hop.gateway.kind != "nat" or path.table.is_blackhole:
            continue
        row = hop.row
        if row is None and analysis.facts.shared:
            yield _invisible(path, hop, "NAT gateway")
            continue
        state = str(row.get("State", "available")) if row else "gone"
        if row is None or state != "available":
            reason = f" ({row['FailureMessage']})" if row and row.get("FailureMessage") else ""
            yield _found(
                path,
                hop,
                "BAD_STATE",
                f"the NAT gateway {hop.id} is {state}{reason}",
                "create a NAT gateway in a public subnet and point the route at it",
            )
        elif row.get("ConnectivityType") == "private" and not private(translated(path.addresses)):
            yield _found(
                path,
                hop,
                "NO_POSSIBLE_DESTINATION",
                f"{hop.id} is a private NAT gateway, which leads to no public address",
                "create a public NAT gateway, with an Elastic IP address, in a public subnet",
            )
        elif row.get("SubnetId"):
            yield from _check_second_leg(analysis, path)
        elif not private(path.addresses):
            yield from _check_regional(analysis, path, hop)


def _check_regional(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    """Report a regional NAT gateway without the internet gateway that it goes out by."""
    attached = [row for row in analysis.facts.rows("InternetGateways") if row.get("Attachments")]
    if analysis.facts.has(["InternetGateways"]) and not analysis.facts.shared and not attached:
        yield _found(
            path,
            hop,
            "BAD_STATE_ATTACHMENT",
            f"{hop.id} is a regional NAT gateway, and no internet gateway is attached to the VPC",
            "attach an internet gateway to the VPC",
        )


def check_local(analysis: Analysis) -> Iterator[Located]:
    """Report an address of the VPC that no interface has: nothing can answer there."""
    facts = analysis.facts
    for path in analysis.paths:
        address = path.addresses[0]
        gateway = path.table.gateway
        known = path.location.subnet or facts.shared
        if known or gateway is None or gateway.kind != "local":
            continue
        if str(address.network_address) in analysis.answered or _is_delegated(facts, address):
            continue
        finding = Finding(
            "ADDRESS_NOT_IN_USE",
            "error",
            path.location.id,
            f"{path.location.id} is in the VPC's own range, and no interface has this address",
            "look up the target's present address; use its name instead of an address",
            path.target.text,
            path.subnet,
        )
        yield "target", finding


def _is_delegated(facts: Facts, address: Network) -> bool:
    """Whether an interface has a prefix with the address, as those of container hosts."""
    prefixes = [
        str(each.get("Ipv4Prefix") or each.get("Ipv6Prefix"))
        for row in facts.rows("NetworkInterfaces")
        for each in (*row.get("Ipv4Prefixes", []), *row.get("Ipv6Prefixes", []))
    ]
    return covers(networks(prefixes), (address,))


def check_block_public_access(analysis: Analysis) -> Iterator[Located]:
    """Report paths to the internet that VPC Block Public Access ends."""
    for path in analysis.paths:
        hop = path.gateway
        if hop is None or hop.gateway.kind not in ("igw", "nat", "eigw", "interface"):
            continue
        blocked = _blocked_subnet(analysis, path, hop.gateway.kind)
        if blocked is not None and not private(path.addresses):
            yield (
                blocked,
                Finding(
                    "VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
                    "error",
                    blocked.id,
                    f"Block Public Access is on in {blocked.id}, so nothing gets out through "
                    f"{hop.id}",
                    "add an exclusion for the subnets (allow-egress is enough), or use endpoints",
                    path.target.text,
                    path.subnet,
                ),
            )


def _found(
    path: NetworkPath,
    hop: GatewayHop,
    code: str,
    message: str,
    remedy: str,
    severity: str = "error",
) -> Located:
    return hop, Finding(code, severity, hop.id, message, remedy, path.target.text, path.subnet)


def _invisible(path: NetworkPath, hop: GatewayHop, what: str) -> Located:
    return _found(
        path,
        hop,
        "UNKNOWN_DESTINATION",
        f"{hop.id}, a {what}, is of the VPC's owner, and a participant of a shared VPC does not "
        "see it",
        "have the owner of the VPC check it and the routes behind it",
        "unknown",
    )


def _blocked_subnet(analysis: Analysis, path: NetworkPath, kind: str) -> SubnetHop | None:
    """The subnet in which the mode ends this path, or None.

    "block-ingress" lets connections out that a NAT or an egress-only gateway carries.
    """
    gateways = [at for at, hop in enumerate(path.hops) if isinstance(hop, GatewayHop)]
    for hop in path.hops[: gateways[-1] + 1]:
        if isinstance(hop, SubnetHop):
            states = (analysis.facts.subnet(hop.id) or {}).get("BlockPublicAccessStates") or {}
            mode = states.get("InternetGatewayBlockMode", "off")
            if mode == "block-bidirectional" or (mode == "block-ingress" and kind == "igw"):
                return hop
    return None


def _check_second_leg(analysis: Analysis, path: NetworkPath) -> Iterator[Located]:
    found = list(check_second_leg(path))
    yield from found
    _, table, beyond = path.second_leg
    if found or not table or not beyond:
        return
    kind = beyond.gateway.kind
    if kind == "igw":
        yield from _check_igw(analysis, path, beyond)
    elif kind in ("peering", "endpoint", "transit", "vgw", "other"):
        yield from _JUDGES[kind](analysis, path, beyond)


def _check_igw(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    """Report an internet gateway that is not attached, or a private address sent to it."""
    row = analysis.facts.find("InternetGateways", "InternetGatewayId", hop.id)
    if row is None and analysis.facts.shared and not private(path.addresses):
        return
    vpc = (analysis.facts.subnet(path.subnet) or {}).get("VpcId")
    attached = [each.get("VpcId") for each in (row or {}).get("Attachments", [])]
    if analysis.facts.has(["InternetGateways"]) and vpc not in attached:
        yield _found(
            path,
            hop,
            "BAD_STATE_ATTACHMENT",
            f"{hop.id} is not attached to {vpc}",
            f"attach an internet gateway to {vpc} and point the route at it",
        )
    elif private(path.addresses):
        yield _found(
            path,
            hop,
            "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
            f"{shown(path.addresses)} is private and of no network that the route tables know, "
            f"so it is sent to {hop.id}, which drops it",
            "add a route for that range to the peering, transit gateway or VPN that leads there",
        )


def _judge_igw(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    found = list(_check_igw(analysis, path, hop))
    yield from found
    if not found and path.version == 4 and analysis.managed:
        yield _found(
            path,
            hop,
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            f"the subnet routes to {hop.id}, and whether the capacity provider's instances have "
            "public IPv4 addresses is not known",
            "use private subnets whose 0.0.0.0/0 leads to a NAT gateway",
            "unknown",
        )
    elif not found and path.version == 4:
        yield _found(
            path,
            hop,
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            f"the subnet routes to {hop.id}, and an interface of Lambda never has a public IPv4 "
            "address, whatever the subnet assigns: nothing comes back",
            "move the function to a private subnet whose 0.0.0.0/0 leads to a NAT gateway",
        )


def _judge_instance(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    if not analysis.facts.has(["NetworkInterfaces"]):
        return
    row = hop.row
    if row is None and analysis.facts.shared:
        yield _invisible(path, hop, "interface")
        return
    if row is None:
        yield _found(
            path,
            hop,
            "BAD_STATE",
            f"the route leads to {hop.id}, which has no interface in this VPC",
            "point the route at a NAT gateway",
        )
        return
    if row.get("SourceDestCheck", True):
        yield _found(
            path,
            hop,
            "ENI_SOURCE_DEST_CHECK_RESTRICTION",
            f"{hop.id} has its source/destination check on, so it forwards nothing",
            "turn the check off on the NAT instance, or use a NAT gateway",
        )
    public = not private(path.addresses)
    if public and path.version == 4 and not (row.get("Association") or {}).get("PublicIp"):
        yield _found(
            path,
            hop,
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            f"{hop.id} should forward to the internet and has no public address",
            "give the NAT instance an Elastic IP address",
        )
    yield from _check_second_leg(analysis, path)


def _judge_peering(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    if not analysis.facts.has(["VpcPeeringConnections"]):
        return
    row = analysis.facts.find("VpcPeeringConnections", "VpcPeeringConnectionId", hop.id)
    if row is None and analysis.facts.shared:
        yield _invisible(path, hop, "peering")
        return
    status = str(((row or {}).get("Status") or {}).get("Code", "gone"))
    if row is None or status != "active":
        yield _found(
            path,
            hop,
            "BAD_STATE",
            f"the peering {hop.id} is {status}",
            "have the owner of the other VPC accept it, or create a new one",
        )
        return
    sides = [row.get(side) or {} for side in ("AccepterVpcInfo", "RequesterVpcInfo")]
    ranges = networks(cidr for side in sides for cidr in _ranges(side))
    if not covers(ranges, path.addresses):
        yield _found(
            path,
            hop,
            "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
            f"{path.target.host} is not in the peer VPC, and a peering carries nothing further",
            "route it to a NAT gateway or a transit gateway instead",
        )
    else:
        yield from check_peering(analysis, path, hop)


def _ranges(side: Row) -> list[str]:
    more = [str(each["CidrBlock"]) for each in side.get("CidrBlockSet", [])]
    six = [str(each["Ipv6CidrBlock"]) for each in side.get("Ipv6CidrBlockSet", [])]
    return [*([str(side["CidrBlock"])] if side.get("CidrBlock") else []), *more, *six]


def _judge_endpoint(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    row = analysis.facts.find("VpcEndpoints", "VpcEndpointId", hop.id) or {}
    state = str(row.get("State", "available"))
    if row.get("VpcEndpointType") == "GatewayLoadBalancer" and state.lower() != "available":
        yield _found(
            path,
            hop,
            "BAD_STATE",
            f"{hop.id}, an endpoint of a Gateway Load Balancer, is {state}",
            "accept it if it is pending acceptance; otherwise create it again",
        )
    elif row.get("VpcEndpointType") == "GatewayLoadBalancer":
        yield from _not_looked_at("UNKNOWN_DESTINATION")(analysis, path, hop)
    elif path.target.transport == "udp":
        yield _found(
            path,
            hop,
            "VPCE_GATEWAY_PROTOCOL_RESTRICTION",
            f"the route leads to {hop.id}, and a gateway endpoint takes TCP only",
            "use TCP",
        )


def _not_looked_at(code: str) -> _Judge:
    def judge(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
        yield _found(
            path,
            hop,
            code,
            f"the route leads to {hop.id}; what is behind it was not checked",
            "check the routes, ACLs and groups on its other side, and the way back",
            "info",
        )

    return judge


_JUDGES: dict[str, _Judge] = {
    "igw": _judge_igw,
    "interface": _judge_instance,
    "peering": _judge_peering,
    "endpoint": _judge_endpoint,
    "transit": check_transit,
    "vgw": _not_looked_at("UNKNOWN_DESTINATION"),
    "other": _not_looked_at("UNKNOWN_DESTINATION"),
}
