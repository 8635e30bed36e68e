"""Which route a packet takes. Source: "Route priority", Amazon VPC User Guide."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from vpc_check.facts import Facts, Row
from vpc_check.network import security_group as groups
from vpc_check.network.cidr import ANYWHERE, ANYWHERE_IPV6, Network, Networks, contains, network

# Member of a route that names where it leads → the kind of thing that is.
_NEXT = {
    "NatGatewayId": "nat",
    "EgressOnlyInternetGatewayId": "eigw",
    "VpcPeeringConnectionId": "peering",
    "TransitGatewayId": "transit",
    "CoreNetworkArn": "transit",
    "NetworkInterfaceId": "interface",
    "InstanceId": "interface",
    "LocalGatewayId": "other",
    "CarrierGatewayId": "other",
    "OdbNetworkArn": "other",
}
_GATEWAYS = {"local": "local", "igw": "igw", "vgw": "vgw", "vpce": "endpoint"}
_BROAD = 4  # a route at least as broad counts as one to "anywhere": 0.0.0.0/1 is half the internet


@dataclass(frozen=True)
class Gateway:
    """Where a route leads: kind is local, igw, nat, eigw, endpoint, peering, transit, vgw, …"""

    kind: str
    id: str


NOWHERE = Gateway("", "")


def table_of(facts: Facts, subnet_id: str, vpc_id: str) -> Row | None:
    """The route table of a subnet: its own, else the main one of the VPC."""
    main = None
    for table in facts.rows("RouteTables"):
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet_id:
                return table
            if association.get("Main") and table.get("VpcId", vpc_id) == vpc_id:
                main = table
    return main


def choose(facts: Facts, table: Row, addresses: Networks, prefix_list: str = "") -> Row | None:
    """The route for all of `addresses`: the longest prefix, then CIDR before list, then static.

    :param prefix_list: the list of AWS that the addresses are known to be of
    """
    best: tuple[tuple[int, int, int], Row] | None = None
    for route in table.get("Routes", []):
        length = _length(facts, route, addresses, prefix_list)
        if length is None:
            continue
        rank = (
            length,
            0 if route.get("DestinationPrefixListId") else 1,
            0 if route.get("Origin") == "EnableVgwRoutePropagation" else 1,
        )
        if best is None or rank > best[0]:
            best = (rank, route)
    return best[1] if best else None


def gateway(route: Row) -> Gateway:
    """Where a route leads."""
    for member, kind in _NEXT.items():
        if route.get(member):
            return Gateway(kind, str(route[member]))
    name = str(route.get("GatewayId", ""))
    return Gateway(_GATEWAYS.get(name.partition("-")[0], "other"), name or "nothing")


def destination(route: Row) -> str:
    """What a route is for, as text."""
    members = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    return next((str(route[member]) for member in members if route.get(member)), "?")


def _length(facts: Facts, route: Row, addresses: Networks, prefix_list: str) -> int | None:
    """The length of the prefix that covers all addresses; None if none does."""
    listed = route.get("DestinationPrefixListId")
    if listed and listed == prefix_list:
        return 128
    if listed:
        candidates = [network(cidr) for cidr in groups.entries(facts, str(listed))]
    else:
        candidates = [network(destination(route))]
    lengths = [_longest(candidates, each) for each in addresses]
    known = [length for length in lengths if length is not None]
    return min(known) if known and len(known) == len(lengths) else None


def _longest(candidates: list[Network], wanted: Network) -> int | None:
    matching = itertools.chain(
        (each.prefixlen for each in candidates if contains(each, wanted)),
        (
            each.prefixlen
            for each in candidates
            if (wanted,) in (ANYWHERE, ANYWHERE_IPV6)
            and each.version == wanted.version
            and each.prefixlen <= _BROAD
        ),
    )
    return max(matching, default=None)
