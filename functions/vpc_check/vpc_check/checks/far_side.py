"""The far side of a peering or transit gateway, as far as this account sees it.

Sources: "Route tables" of the Amazon VPC Peering Guide; "Transit gateway attachments to a VPC" and
"Transit gateway route tables", AWS Transit Gateway Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.facts import Facts, Row
from vpc_check.findings import Finding
from vpc_check.network import routing
from vpc_check.network.cidr import Networks, contains, network, shown
from vpc_check.network.paths import Analysis, GatewayHop, Located, NetworkPath
from vpc_check.network.security_group import is_known_list

_ATTACHED = ("available", "modifying")


def check_peering(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    """Report a peer VPC of this account whose route table has no way back, or what is not seen."""
    row = analysis.facts.find("VpcPeeringConnections", "VpcPeeringConnectionId", hop.id) or {}
    here = str((analysis.facts.subnet(path.subnet) or {}).get("VpcId", ""))
    sides = [row.get(side) or {} for side in ("AccepterVpcInfo", "RequesterVpcInfo")]
    peers = [str(side["VpcId"]) for side in sides if side.get("VpcId") not in (None, here)]
    yield from _check_way_back(analysis, path, hop, peers[0] if peers else "")


def check_transit(analysis: Analysis, path: NetworkPath, hop: GatewayHop) -> Iterator[Located]:
    """Follow a path through a transit gateway: attachment, zone, route table, and the way back."""
    facts = analysis.facts
    subnet = facts.subnet(path.subnet) or {}
    vpc = str(subnet.get("VpcId", ""))
    is_gateway = hop.id.startswith("tgw-")  # and not a core network of Cloud WAN, by its ARN
    if is_gateway and facts.has(["TransitGatewayVpcAttachments"]) and not facts.shared:
        found = _attachment_problem(facts, path, hop, vpc)
        if found is not None:
            yield found
            return
    route = _transit_route(facts, path, hop, vpc)
    if route is None:
        yield _not_seen(analysis, path, hop, "TGW_RTB_ROUTES_ARE_UNKNOWN")
        return
    table, best = route
    if best is None or best.get("State") == "blackhole":
        what = "has no route to" if best is None else "drops what goes to (black hole)"
        yield _error(
            path,
            hop,
            "NO_ROUTE_TO_DESTINATION" if best is None else "BAD_STATE_ROUTE",
            table,
            f"{table} of {hop.id} {what} {shown(path.addresses)}",
            f"add a static route to {table}, or let the other attachment propagate its routes",
        )
        return
    ends = [each for each in best.get("TransitGatewayAttachments", []) if each]
    vpcs = [str(each["ResourceId"]) for each in ends if each.get("ResourceType") == "vpc"]
    if len(ends) == 1 and vpcs:
        yield from _check_way_back(analysis, path, hop, vpcs[0])
    else:
        yield _not_seen(analysis, path, hop, "TGW_RTB_ROUTES_ARE_UNKNOWN")


def _attachment_problem(
    facts: Facts, path: NetworkPath, hop: GatewayHop, vpc: str
) -> Located | None:
    rows = [
        each
        for each in facts.rows("TransitGatewayVpcAttachments")
        if each.get("TransitGatewayId") == hop.id and each.get("VpcId") == vpc
    ]
    # Deleted attachments stay in the list for a while.
    rows.sort(key=lambda each: str(each.get("State", "available")) not in _ATTACHED)
    row = rows[0] if rows else None
    state = str(row.get("State", "available")) if row else "gone"
    if row is None or state not in _ATTACHED:
        return _error(
            path,
            hop,
            "BAD_STATE_ATTACHMENT",
            hop.id,
            f"the attachment of {vpc} to {hop.id} is {state}",
            "attach the VPC, or have the owner of the transit gateway accept the attachment",
        )
    # A NAT in another zone, or the subnet of the function itself, sends the packet.
    sender = next((leg.id for leg in (path.second_leg[0],) if leg is not None), path.subnet)
    zone = (facts.subnet(sender) or {}).get("AvailabilityZone")
    subnets = [facts.subnet(str(name)) for name in row.get("SubnetIds", [])]
    zones = {each.get("AvailabilityZone") for each in subnets if each is not None}
    if zone and zones and None not in subnets and zone not in zones:
        attachment = str(row.get("TransitGatewayAttachmentId", hop.id))
        return _error(
            path,
            hop,
            "CANNOT_ROUTE",
            attachment,
            f"{attachment} has no subnet in {zone}, and {sender} is there: a transit gateway takes "
            "nothing from a zone without one",
            f"add a subnet of {zone} to the attachment",
        )
    return None


def _transit_route(
    facts: Facts, path: NetworkPath, hop: GatewayHop, vpc: str
) -> tuple[str, Row | None] | None:
    """The transit gateway's route table for this VPC and its route; None if it is not seen."""
    own = [
        row
        for row in facts.rows("TransitGatewayAttachments")
        if row.get("ResourceId") == vpc and row.get("TransitGatewayId") == hop.id
    ]
    for row in own:
        name = str((row.get("Association") or {}).get("TransitGatewayRouteTableId", ""))
        table = facts.find("TransitGatewayRoutes", "TransitGatewayRouteTableId", name)
        if table is not None:
            best = _longest(table, path)
            return None if best is None and table.get("More") else (name, best)
    return None


def _longest(table: Row, path: NetworkPath) -> Row | None:
    def length(route: Row) -> int | None:
        if not route.get("DestinationCidrBlock"):
            return None
        cidr = network(str(route["DestinationCidrBlock"]))
        return cidr.prefixlen if all(contains(cidr, one) for one in path.addresses) else None

    rated = [(found, route) for route in table["Routes"] if (found := length(route)) is not None]
    return max(rated, key=lambda pair: pair[0])[1] if rated else None


def _check_way_back(
    analysis: Analysis, path: NetworkPath, hop: GatewayHop, peer: str
) -> Iterator[Located]:
    """Report that answers have no route, where the table of the other VPC is known."""
    facts = analysis.facts
    table = _peer_table(facts, path, peer)
    source = path.second_leg[0]
    senders = path.source if source is None else ()
    if source is not None:
        cidr = (facts.subnet(source.id) or {}).get("CidrBlock")
        senders = (network(str(cidr)),) if cidr else ()
    if table is None or not senders:
        yield _way_back_not_seen(analysis, path, hop, peer, senders)
        return
    route = routing.choose(facts, table, senders)
    back = routing.gateway(route) if route else routing.NOWHERE
    name = str(table["RouteTableId"])
    if route is None or route.get("State") == "blackhole" or back.id != hop.id:
        if _has_unknown_list(facts, table):
            yield _way_back_not_seen(analysis, path, hop, peer, senders)
            return
        leads = f"leads to {back.id}, not to {hop.id}" if route else "has no route"
        if route is not None and route.get("State") == "blackhole":
            leads = "has a black hole"
        if route is not None and back.kind not in ("local", "igw", "nat", "peering", "transit"):
            yield _way_back_not_seen(analysis, path, hop, peer, senders)
            return
        yield _error(
            path,
            hop,
            "NO_ROUTE_TO_DESTINATION",
            name,
            f"{name} of {peer} {leads} for {shown(senders)}: answers do not come back",
            f"add {shown(senders)} by {hop.id} to {name}",
        )


def _has_unknown_list(facts: Facts, table: Row) -> bool:
    lists = (route.get("DestinationPrefixListId") for route in table.get("Routes", []))
    return any(name and not is_known_list(facts, str(name)) for name in lists)


def _way_back_not_seen(
    analysis: Analysis, path: NetworkPath, hop: GatewayHop, peer: str, senders: Networks
) -> Located:
    """Say which return route was not looked at; an answer that a probe got makes it a detail."""
    whom = shown(senders) if senders else "the function's addresses"
    finding = Finding(
        "RETURN_ROUTE_UNKNOWN",
        _severity(analysis, path),
        hop.id,
        f"the route leads to {hop.id}; whether {peer or 'the other side'} has a route back to "
        f"{whom} was not looked at, because its route tables are not visible from here",
        f"check in {peer or 'the other VPC'} that the route table of the target's subnet sends "
        f"{whom} to {hop.id}, and that its ACLs and groups let it pass",
        path.target.text,
        path.subnet,
    )
    return hop, finding


def _severity(analysis: Analysis, path: NetworkPath) -> str:
    answered = any(str(one.network_address) in analysis.answered for one in path.addresses)
    return "info" if answered else "unknown"


def _peer_table(facts: Facts, path: NetworkPath, peer: str) -> Row | None:
    """The table of the peer's subnet that has the target; None if it is not known."""
    subnets = [
        row
        for row in facts.rows("PeerSubnets")
        if row.get("VpcId") == peer
        and row.get("CidrBlock")
        and all(contains(network(str(row["CidrBlock"])), one) for one in path.addresses)
    ]
    if len(subnets) != 1:
        return None
    main = None
    for table in facts.rows("PeerRouteTables"):
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnets[0]["SubnetId"]:
                return table
            if association.get("Main") and table.get("VpcId") == peer:
                main = table
    return main


def _error(
    path: NetworkPath, hop: GatewayHop, code: str, component: str, message: str, remedy: str
) -> Located:
    finding = Finding(code, "error", component, message, remedy, path.target.text, path.subnet)
    return hop, finding


def _not_seen(analysis: Analysis, path: NetworkPath, hop: GatewayHop, code: str) -> Located:
    """Say what was not looked at; an answer that a probe got makes it a detail."""
    finding = Finding(
        code,
        _severity(analysis, path),
        hop.id,
        f"the route leads to {hop.id}; what is behind it is not visible from here",
        "check the routes, ACLs and groups on its other side, and the way back",
        path.target.text,
        path.subnet,
    )
    return hop, finding
