"""The first leg: the route of the function's subnet."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network import aws_names as services
from vpc_check.network import routing
from vpc_check.network.cidr import private
from vpc_check.network.paths import Case, Journey


def check(case: Case) -> Iterator[Finding]:
    """Report a missing route, and one that is a black hole."""
    for journey in case.journeys:
        if journey.table is None:
            continue
        table = str(journey.table["RouteTableId"])
        if journey.route is None:
            yield Finding(
                "NO_ROUTE_TO_DESTINATION",
                "error",
                table,
                f"{table} has no route to {journey.target.host}",
                _remedy(case, journey),
                journey.target.text,
                journey.subnet,
            )
            yield from _of_another_region(case, journey, table)
        elif journey.route.get("State") == "blackhole":
            name = journey.gateway.id if journey.gateway else "something"
            yield Finding(
                "BAD_STATE_ROUTE",
                "error",
                table,
                f"{table} sends {routing.destination(journey.route)} to {name}, which is gone",
                "point the route at something that exists, or delete it",
                journey.target.text,
                journey.subnet,
            )


def _remedy(case: Case, journey: Journey) -> str:
    if private(journey.addresses):
        return "add a route for it to the peering, transit gateway or VPN that leads there"
    if journey.version == 6:
        return "add ::/0 to an egress-only internet gateway"
    service = journey.destination.service
    if not service:
        return "add 0.0.0.0/0 to a NAT gateway that stands in a public subnet"
    kind = (
        "a gateway endpoint on this table"
        if service.partition(".")[0] in services.GATEWAY_SERVICES
        else "an interface endpoint of the service, with private DNS"
    )
    return f"add {kind}, or 0.0.0.0/0 to a NAT gateway"


def _of_another_region(case: Case, journey: Journey, table: str) -> Iterator[Finding]:
    """Report a gateway endpoint that would carry it, were it of the target's region."""
    destination = journey.destination
    for endpoint in case.facts.rows("VpcEndpoints"):
        name = services.short_name(endpoint)
        if (
            endpoint.get("VpcEndpointType") == "Gateway"
            and services.is_service(destination.service, name)
            and destination.region != services.service_region(endpoint)
            and table in endpoint.get("RouteTableIds", [])
        ):
            yield Finding(
                "CANNOT_ROUTE",
                "error",
                str(endpoint["VpcEndpointId"]),
                f"the gateway endpoint for {name} serves {case.facts.region} only, and the target "
                f"is in {destination.region}",
                "use a NAT gateway for other regions, or a copy of the data in this one",
                journey.target.text,
                journey.subnet,
            )
