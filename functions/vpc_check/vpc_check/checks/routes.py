"""Route tables: the function's own, and the one behind a NAT."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.aws_names import GATEWAY_SERVICES, is_service, service_region, short_name
from vpc_check.network.cidr import private
from vpc_check.network.paths import Analysis, Located, NetworkPath, TableHop

_MOVE_NAT = "move the NAT into a public subnet: one with 0.0.0.0/0 to an internet gateway"


def check(analysis: Analysis) -> Iterator[Located]:
    """Report a missing route of the function's subnet, and one that is a black hole."""
    for path in analysis.paths:
        hop = path.table
        if hop.table is None:
            continue
        if hop.route is None:
            yield (
                hop,
                Finding(
                    "NO_ROUTE_TO_DESTINATION",
                    "error",
                    hop.id,
                    f"{hop.id} has no route to {path.target.host}",
                    _remedy(path),
                    path.target.text,
                    path.subnet,
                ),
            )
            yield from _check_other_region(analysis, path, hop)
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


def _remedy(path: NetworkPath) -> str:
    if private(path.addresses):
        return "add a route for it to the peering, transit gateway or VPN that leads there"
    if path.version == 6:
        return "add ::/0 to an egress-only internet gateway"
    service = path.destination.service
    if not service:
        return "add 0.0.0.0/0 to a NAT gateway that is in a public subnet"
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
    return hop.route is None or hop.is_blackhole or (kind == "igw" and path.version == 4)
