"""The second leg: how traffic goes on from the subnet of a NAT gateway or a NAT instance."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.facts import Facts, Row
from vpc_check.findings import Finding
from vpc_check.network import routing
from vpc_check.network.cidr import private, shown
from vpc_check.network.paths import Case, Journey


def middle(facts: Facts, journey: Journey) -> tuple[str, str]:
    """The (id, subnet) of what forwards in between: a NAT gateway or an instance; or ("", "")."""
    gateway = journey.gateway
    if gateway is not None and gateway.kind == "nat":
        row = facts.find("NatGateways", "NatGatewayId", gateway.id)
        return gateway.id, str((row or {}).get("SubnetId", ""))
    if gateway is not None and gateway.kind == "interface":
        row = interface(facts, gateway.id)
        return gateway.id, str((row or {}).get("SubnetId", ""))
    return "", ""


def interface(facts: Facts, name: str) -> Row | None:
    """The interface with that id, or of the instance with that id."""
    for row in facts.rows("NetworkInterfaces"):
        if name in (row["NetworkInterfaceId"], (row.get("Attachment") or {}).get("InstanceId")):
            return row
    return None


def leg(case: Case, journey: Journey, subnet: str) -> tuple[Row | None, Row | None]:
    """The (route table, route) that a subnet in between has for the end of a journey."""
    row = case.facts.subnet(subnet) or {}
    table = routing.table_of(case.facts, subnet, str(row.get("VpcId", "")))
    if table is None:
        return None, None
    return table, routing.choose(case.facts, table, journey.addresses, journey.place.prefix_list)


def check(case: Case, journey: Journey) -> Iterator[Finding]:
    """Report a middle whose own subnet has no way on. One finding at most."""
    name, subnet = middle(case.facts, journey)
    table, route = leg(case, journey, subnet)
    if table is None:
        return
    here = f"{name} stands in {subnet}, whose route table {table['RouteTableId']}"

    def found(code: str, component: str, message: str, remedy: str) -> Finding:
        return Finding(
            code, "error", component, message, remedy, journey.target.text, journey.subnet
        )

    if route is None:
        yield found(
            "NO_ROUTE_TO_DESTINATION",
            str(table["RouteTableId"]),
            f"{here} has no route to {journey.target.host}",
            "move the NAT into a public subnet: one with 0.0.0.0/0 to an internet gateway",
        )
        return
    gateway = routing.gateway(route)
    if route.get("State") == "blackhole":
        yield found(
            "BAD_STATE_ROUTE",
            str(table["RouteTableId"]),
            f"{here} sends {routing.destination(route)} to {gateway.id}, which is gone",
            "point the route at an internet gateway that exists",
        )
    elif gateway.kind in ("nat", "interface"):
        yield found(
            "NO_POSSIBLE_DESTINATION",
            name,
            f"{here} sends {routing.destination(route)} to {gateway.id}, not to the internet",
            "move the NAT into a public subnet: one with 0.0.0.0/0 to an internet gateway",
        )
    elif gateway.kind == "igw":
        yield from igw(case, journey, gateway.id)


def igw(case: Case, journey: Journey, name: str) -> Iterator[Finding]:
    """Report an internet gateway that is not attached, or a private address sent to it."""
    row = case.facts.find("InternetGateways", "InternetGatewayId", name)
    vpc = (case.facts.subnet(journey.subnet) or {}).get("VpcId")
    attached = [each.get("VpcId") for each in (row or {}).get("Attachments", [])]
    if case.facts.has(["InternetGateways"]) and vpc not in attached:
        yield Finding(
            "BAD_STATE_ATTACHMENT",
            "error",
            name,
            f"{name} is not attached to {vpc}",
            f"attach an internet gateway to {vpc} and point the route at it",
            journey.target.text,
            journey.subnet,
        )
    elif private(journey.addresses):
        yield Finding(
            "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
            "error",
            name,
            f"{shown(journey.addresses)} is private and of no network that the route tables know, "
            f"so it is sent to {name}, which drops it",
            "add a route for that range to the peering, transit gateway or VPN that leads there",
            journey.target.text,
            journey.subnet,
        )
