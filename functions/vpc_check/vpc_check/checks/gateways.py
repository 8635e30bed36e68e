"""What a route leads to, NAT gateways aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vpc_check import wayout
from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network.cidr import covers, networks, private
from vpc_check.network.paths import Case, Journey


def check(case: Case) -> Iterator[Finding]:
    """Judge the gateway of each journey by its kind."""
    for journey in case.journeys:
        if journey.gateway is None or (journey.route or {}).get("State") == "blackhole":
            continue
        judge = _JUDGES.get(journey.gateway.kind)
        if judge is not None:
            yield from judge(case, journey, journey.gateway.id)


def _finding(
    journey: Journey, code: str, name: str, message: str, remedy: str, severity: str = "error"
) -> Finding:
    return Finding(code, severity, name, message, remedy, journey.target.text, journey.subnet)


def _igw(case: Case, journey: Journey, name: str) -> Iterator[Finding]:
    troubles = list(wayout.igw(case, journey, name))
    yield from troubles
    if not troubles and journey.version == 4:
        yield _finding(
            journey,
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            name,
            f"the subnet routes to {name}, and an interface of Lambda never has a public IPv4 "
            "address, whatever the subnet assigns: nothing comes back",
            "move the function to a private subnet whose 0.0.0.0/0 leads to a NAT gateway",
        )


def _instance(case: Case, journey: Journey, name: str) -> Iterator[Finding]:
    if not case.facts.has(["NetworkInterfaces"]):
        return
    row = wayout.interface(case.facts, name)
    if row is None:
        yield _finding(
            journey,
            "BAD_STATE",
            name,
            f"the route leads to {name}, which has no interface in this VPC",
            "point the route at a NAT gateway",
        )
        return
    if row.get("SourceDestCheck", True):
        yield _finding(
            journey,
            "ENI_SOURCE_DEST_CHECK_RESTRICTION",
            name,
            f"{name} has its source/destination check on, so it forwards nothing",
            "turn the check off on the NAT instance, or use a NAT gateway",
        )
    public = not private(journey.addresses)
    if public and journey.version == 4 and not (row.get("Association") or {}).get("PublicIp"):
        yield _finding(
            journey,
            "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
            name,
            f"{name} should forward to the internet and has no public address",
            "give the NAT instance an Elastic IP address",
        )
    yield from wayout.check(case, journey)


def _peering(case: Case, journey: Journey, name: str) -> Iterator[Finding]:
    if not case.facts.has(["VpcPeeringConnections"]):
        return
    row = case.facts.find("VpcPeeringConnections", "VpcPeeringConnectionId", name)
    status = str(((row or {}).get("Status") or {}).get("Code", "gone"))
    if row is None or status != "active":
        yield _finding(
            journey,
            "BAD_STATE",
            name,
            f"the peering {name} is {status}",
            "have the owner of the other VPC accept it, or make a new one",
        )
        return
    sides = [row.get(side) or {} for side in ("AccepterVpcInfo", "RequesterVpcInfo")]
    ranges = networks(cidr for side in sides for cidr in _ranges(side))
    if not covers(ranges, journey.addresses):
        yield _finding(
            journey,
            "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
            name,
            f"{journey.target.host} is not in the peer VPC, and a peering carries nothing further",
            "route it to a NAT gateway or a transit gateway instead",
        )


def _ranges(side: Row) -> list[str]:
    more = [str(each["CidrBlock"]) for each in side.get("CidrBlockSet", [])]
    six = [str(each["Ipv6CidrBlock"]) for each in side.get("Ipv6CidrBlockSet", [])]
    return [*([str(side["CidrBlock"])] if side.get("CidrBlock") else []), *more, *six]


def _endpoint(case: Case, journey: Journey, name: str) -> Iterator[Finding]:
    row = case.facts.find("VpcEndpoints", "VpcEndpointId", name) or {}
    if row.get("VpcEndpointType") == "GatewayLoadBalancer":
        yield from _beyond("UNKNOWN_DESTINATION")(case, journey, name)
    elif journey.target.transport == "udp":
        yield _finding(
            journey,
            "VPCE_GATEWAY_PROTOCOL_RESTRICTION",
            name,
            f"the route leads to {name}, and a gateway endpoint takes TCP only",
            "use TCP",
        )


def _beyond(code: str) -> Callable[[Case, Journey, str], Iterator[Finding]]:
    def judge(case: Case, journey: Journey, name: str) -> Iterator[Finding]:
        yield _finding(
            journey,
            code,
            name,
            f"the route leads to {name}; what is behind it was not looked at",
            "check the routes, ACLs and groups on its other side, and the way back",
            "info",
        )

    return judge


_JUDGES: dict[str, Callable[[Case, Journey, str], Iterator[Finding]]] = {
    "igw": _igw,
    "interface": _instance,
    "peering": _peering,
    "endpoint": _endpoint,
    "transit": _beyond("TGW_RTB_ROUTES_ARE_UNKNOWN"),
    "vgw": _beyond("UNKNOWN_DESTINATION"),
    "other": _beyond("UNKNOWN_DESTINATION"),
}
