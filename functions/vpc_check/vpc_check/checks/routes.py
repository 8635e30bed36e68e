"""Route tables: the function's own, and the one behind a NAT."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.facts import Facts
from vpc_check.findings import Finding
from vpc_check.network import routing
from vpc_check.network.aws_names import GATEWAY_SERVICES, is_service, service_region, short_name
from vpc_check.network.cidr import ANYWHERE_IPV6, covers, networks, private
from vpc_check.network.paths import Analysis, Located, NetworkPath, TableHop
from vpc_check.network.security_group import is_known_list

# Source: "Control traffic in VPC Lattice using security groups", Amazon VPC Lattice User Guide.
_LATTICE = networks(("169.254.171.0/24", "fd00:ec2:80::/64"))
_MOVE_NAT = "move the NAT into a public subnet: one with 0.0.0.0/0 to an internet gateway"


def check(analysis: Analysis) -> Iterator[Located]:
    """Report a missing route of the function's subnet, and one that is a black hole."""
    for path in analysis.paths:
        hop = path.table
        if hop.table is None:
            continue
        if hop.route is None:
            severity, why = _judge_missing_route(analysis, path, hop)
            yield (
                hop,
                Finding(
                    "NO_ROUTE_TO_DESTINATION",
                    severity,
                    hop.id,
                    f"{hop.id} has no route to {path.target.host}{why}",
                    _remedy(analysis, path),
                    path.target.text,
                    path.subnet,
                ),
            )
            yield from _check_other_region(analysis, path, hop)
        elif is_outside_lattice(path):
            yield hop, _lattice_finding(analysis, path, hop)
        elif hop.is_blackhole:
            name = hop.gateway.id if hop.gateway else "something"
            yield (
                hop,
                Finding(
                    "BAD_STATE_ROUTE",
                    "error",
                    hop.id,
                    f"{hop.id} sends {hop.detail} to {name}, which is gone",
                    "point the route at something that exists, or delete it",
                    path.target.text,
                    path.subnet,
                ),
            )


def check_second_leg(path: NetworkPath) -> Iterator[Located]:
    """Report a NAT whose own subnet has no way on. One finding at most."""
    first = path.gateway
    _, hop, beyond = path.second_leg
    if first is None or hop is None:
        return
    subnet = str((first.row or {}).get("SubnetId", ""))
    here = f"{first.id} is in {subnet}, whose route table {hop.id}"

    def found(code: str, component: str, message: str, remedy: str) -> Located:
        at = first if component == first.id else hop
        finding = Finding(code, "error", component, message, remedy, path.target.text, path.subnet)
        return at, finding

    if beyond is None:
        message = f"{here} has no route to {path.target.host}"
        yield found("NO_ROUTE_TO_DESTINATION", hop.id, message, _MOVE_NAT)
    elif hop.is_blackhole:
        message = f"{here} sends {hop.detail} to {beyond.id}, which is gone"
        remedy = "point the route at an internet gateway that exists"
        yield found("BAD_STATE_ROUTE", hop.id, message, remedy)
    elif beyond.gateway.kind in ("nat", "interface"):
        message = f"{here} sends {hop.detail} to {beyond.id}, not to the internet"
        yield found("NO_POSSIBLE_DESTINATION", first.id, message, _MOVE_NAT)


def _judge_missing_route(analysis: Analysis, path: NetworkPath, hop: TableHop) -> tuple[str, str]:
    """The severity, and why it is not an error, where the target may have another address."""
    facts, table = analysis.facts, hop.table or {}
    if path.version == 4 and analysis.function.ipv6:
        other = [
            each
            for each in analysis.paths_to(path.destination)
            if each.version == 6 and each.subnet == path.subnet and not is_dead_end(each)
        ]
        if other:
            return "info", " over IPv4; its IPv6 address has one"
        route = routing.choose(facts, table, ANYWHERE_IPV6)
        if path.location.assumed and route and route.get("State") != "blackhole":
            return "unknown", " over IPv4, and one over IPv6, if it has such an address"
    for each in table.get("Routes", []):
        listed = str(each.get("DestinationPrefixListId") or "")
        if listed and not is_known_list(facts, listed):
            return "unknown", f", unless it is in {listed}, whose entries are not known"
    if path.destination.service and not _is_resolved(path) and not _sees_endpoints(facts):
        return "unknown", ", unless the VPC has an endpoint for it, which is not visible from here"
    if path.location.assumed or path.location.prefix_list:
        for route in table.get("Routes", []):
            leads_to = routing.gateway(route)
            if leads_to.kind in ("transit", "peering", "vgw") and not _is_resolved(path):
                where = f"{leads_to.id} has {routing.destination(route)}"
                return "unknown", f" if its address is public; if it is private, {where}"
    return "error", ""


def is_outside_lattice(path: NetworkPath) -> bool:
    """Whether a service of VPC Lattice is routed by something else than Lattice's own list.

    Source: "VPC associations", Amazon VPC Lattice User Guide: an association adds that route.
    """
    hop = path.table
    if hop.route is None or hop.route.get("DestinationPrefixListId"):
        return False
    named = is_service(path.destination.service, "vpc-lattice") and bool(path.location.prefix_list)
    return named or covers(_LATTICE, path.addresses)


def _lattice_finding(analysis: Analysis, path: NetworkPath, hop: TableHop) -> Finding:
    lists = [str(route.get("DestinationPrefixListId") or "") for route in hop.table_routes]
    blind = [name for name in lists if name and not is_known_list(analysis.facts, name)]
    doubt = f", unless {blind[0]} is it, whose entries are not known" if blind else ""
    return Finding(
        "NO_ROUTE_TO_DESTINATION",
        "unknown" if blind else "error",
        hop.id,
        f"{hop.id} has no route of VPC Lattice, so {path.target.host} is sent to "
        f"{hop.gateway.id if hop.gateway else 'nothing'}, which drops it{doubt}",
        "associate the VPC with the service network, or make an endpoint for it",
        path.target.text,
        path.subnet,
    )


def _sees_endpoints(facts: Facts) -> bool:
    """Whether the VPC's endpoints are known: a participant does not see those of the owner."""
    return facts.has(["VpcEndpoints"]) and not facts.shared


def _is_resolved(path: NetworkPath) -> bool:
    return path.location.addresses[0].num_addresses == 1


def _remedy(analysis: Analysis, path: NetworkPath) -> str:
    if private(path.addresses):
        return "add a route for it to the peering, transit gateway or VPN that leads there"
    if path.version == 6:
        return "add ::/0 to an egress-only internet gateway"
    service = path.destination.service
    if not service:
        return "add 0.0.0.0/0 to a NAT gateway that is in a public subnet"
    if path.destination.region != analysis.facts.region:
        # An endpoint serves its own region only.
        return f"add 0.0.0.0/0 to a NAT gateway: the target is in {path.destination.region}"
    kind = (
        "a gateway endpoint on this table"
        if service.partition(".")[0] in GATEWAY_SERVICES
        else "an interface endpoint of the service, with private DNS"
    )
    return f"add {kind}, or 0.0.0.0/0 to a NAT gateway"


def _check_other_region(analysis: Analysis, path: NetworkPath, hop: TableHop) -> Iterator[Located]:
    """Report a gateway endpoint that would carry it, were it of the target's region."""
    destination = path.destination
    for endpoint in analysis.facts.rows("VpcEndpoints"):
        name = short_name(endpoint)
        if (
            endpoint.get("VpcEndpointType") == "Gateway"
            and is_service(destination.service, name)
            and destination.region != service_region(endpoint)
            and hop.id in endpoint.get("RouteTableIds", [])
        ):
            yield (
                hop,
                Finding(
                    "CANNOT_ROUTE",
                    "error",
                    str(endpoint["VpcEndpointId"]),
                    f"the gateway endpoint for {name} serves {analysis.facts.region} only, and the "
                    f"target is in {destination.region}",
                    "use a NAT gateway for other regions, or a copy of the data in this one",
                    path.target.text,
                    path.subnet,
                ),
            )


def is_dead_end(path: NetworkPath) -> bool:
    """Whether the path ends where the function's own table sends it."""
    hop = path.table
    kind = hop.gateway.kind if hop.gateway else ""
    lost = hop.route is None or hop.is_blackhole or is_outside_lattice(path)
    return lost or (kind == "igw" and path.version == 4)


def is_certain(analysis: Analysis, path: NetworkPath) -> bool:
    """Whether a missing route of a path is an error, and not only one for some addresses."""
    hop = path.table
    if hop.table is None or hop.route is not None:
        return True
    return _judge_missing_route(analysis, path, hop)[0] == "error"
