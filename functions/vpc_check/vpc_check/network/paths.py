"""What checks look at: the facts, the function's attachment, and the journeys to each target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from vpc_check.facts import Attachment, Facts, Row
from vpc_check.network import routing
from vpc_check.network.cidr import Networks, network
from vpc_check.network.destination import Destination, Place, locate
from vpc_check.target import Target


@dataclass(frozen=True)
class Journey:
    """From one of the function's subnets to one place of a target.

    `table` is the subnet's route table, `route` the one chosen in it, `gateway` where that leads;
    None where there is none, or where it is not known.
    """

    subnet: str
    destination: Destination
    place: Place
    table: Row | None
    route: Row | None
    gateway: routing.Gateway | None

    @property
    def target(self) -> Target:
        """The target at the end."""
        return self.destination.target

    @property
    def addresses(self) -> Networks:
        """The addresses at the end."""
        return self.place.addresses

    @property
    def version(self) -> int:
        """Which IP it needs: 4 or 6."""
        return self.place.version


@dataclass(frozen=True)
class Case:
    """One function, or a planned VpcConfig, and what it wants to reach."""

    facts: Facts
    function: Attachment
    destinations: tuple[Destination, ...]

    @cached_property
    def journeys(self) -> tuple[Journey, ...]:
        """Every journey: from each of the function's subnets to each place of each target."""
        return tuple(self._journeys())

    def _journeys(self) -> Iterator[Journey]:
        for destination in self.destinations:
            for place in destination.places:
                if place.version == 6 and not self.function.ipv6:
                    continue  # nothing leaves; the check of IPv6 tells it
                for subnet in self.function.subnets:
                    if self.facts.subnet(subnet) is not None:
                        yield self._journey(subnet, destination, place)

    def _journey(self, subnet: str, destination: Destination, place: Place) -> Journey:
        vpc = str((self.facts.subnet(subnet) or {}).get("VpcId", ""))
        table = routing.table_of(self.facts, subnet, vpc)
        route = (
            routing.choose(self.facts, table, place.addresses, place.prefix_list) if table else None
        )
        leads_to = routing.gateway(route) if route else None
        return Journey(subnet, destination, place, table, route, leads_to)

    def addresses_of(self, subnet: str, version: int) -> Networks:
        """The range of a subnet, IPv4 or IPv6; empty where it has none."""
        row = self.facts.subnet(subnet) or {}
        if version == 4:
            return (network(row["CidrBlock"]),) if row.get("CidrBlock") else ()
        return tuple(network(text) for text in six(row))


def six(subnet: Row) -> list[str]:
    """The IPv6 ranges that are associated with a subnet."""
    return [
        str(each["Ipv6CidrBlock"])
        for each in subnet.get("Ipv6CidrBlockAssociationSet", [])
        if (each.get("Ipv6CidrBlockState") or {}).get("State", "associated") == "associated"
    ]


def dns_targets(facts: Facts) -> list[Target]:
    """The DNS servers that are not AWS's own: each name lookup is a journey to one of them."""
    options = next(iter(facts.rows("DhcpOptions")), {})
    servers = [
        str(value["Value"])
        for option in options.get("DhcpConfigurations", [])
        if option.get("Key") == "domain-name-servers"
        for value in option.get("Values", [])
    ]
    return [
        Target("udp", server, 53, about="DNS server of the VPC's DHCP options")
        for server in servers
        if server != "AmazonProvidedDNS"
    ]


def build(
    facts: Facts,
    function: Attachment,
    targets: Sequence[Target],
    seen: Mapping[str, Sequence[str]] | None = None,
) -> Case:
    """Locate the targets, and the DNS servers that names among them need.

    :param seen: host → addresses that a probe found
    """
    wanted = list(targets)
    if any(target.literal is None for target in targets):
        wanted += [each for each in dns_targets(facts) if each not in wanted]
    located = tuple(locate(facts, each, (seen or {}).get(each.host, ())) for each in wanted)
    return Case(facts, function, located)
