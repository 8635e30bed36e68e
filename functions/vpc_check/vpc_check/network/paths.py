"""The network paths of an analysis: every hop from a subnet of the function to its target.

A path is a list of hops, in the order of the packets:

    function, name, security groups, subnet, route table, gateway,
    and behind a NAT: its subnet, its route table, its gateway,
    the target's subnet, the target's security groups, target

Checks look at hops, and the report draws them. Nothing else follows routes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from vpc_check.facts import Attachment, Facts, Row, capacity_provider
from vpc_check.findings import Finding
from vpc_check.network import network_acl, routing
from vpc_check.network.cidr import Networks, network, translated
from vpc_check.network.destination import Destination, TargetLocation, amazon_resolvers, locate
from vpc_check.target import Target


@dataclass(frozen=True, eq=False)
class Hop:
    """One thing on the way. `id` names it; `known` is False where AWS did not describe it.

    Two hops are never equal: a finding belongs to one of them.
    """

    id: str
    known: bool = True
    kind = "hop"
    detail = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """What the hop represents."""
        return (self.id,)


@dataclass(frozen=True, eq=False)
class FunctionHop(Hop):
    """The function, or a planned one."""

    kind = "function"

    @property
    def ids(self) -> tuple[str, ...]:
        """Its name, and what a finding about its configuration names."""
        return (self.id, "VpcConfig")


@dataclass(frozen=True, eq=False)
class NameHop(Hop):
    """The target's name, when it is not an address."""

    kind = "dns"


@dataclass(frozen=True, eq=False)
class GroupsHop(Hop):
    """The security groups of the function (`egress`), or of the target."""

    kind = "groups"
    rows: tuple[Row, ...] = ()
    egress: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The groups."""
        return tuple(self.id.split(", "))


@dataclass(frozen=True, eq=False)
class SubnetCrossing:
    """Traffic over the edge of a subnet: out of it (egress) to `peer`, or into it from there."""

    egress: bool
    peer: Networks
    ports: network_acl.Ports
    answer: bool  # it goes back to the function


@dataclass(frozen=True, eq=False)
class SubnetHop(Hop):
    """A subnet with its ACL, and what crosses its edge."""

    kind = "subnet"
    acl: Row | None = None
    crossings: tuple[SubnetCrossing, ...] = ()

    @property
    def detail(self) -> str:  # type: ignore[override]
        """The id of the ACL."""
        return str(self.acl["NetworkAclId"]) if self.acl else ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The subnet and its ACL."""
        return (self.id, self.detail or self.id)


@dataclass(frozen=True, eq=False)
class TableHop(Hop):
    """The route table of a subnet, and the route that it chooses: None where it has none."""

    kind = "table"
    table: Row | None = None
    route: Row | None = None

    @property
    def detail(self) -> str:  # type: ignore[override]
        """The destination of the route."""
        if self.table is None:
            return ""
        return routing.destination(self.route) if self.route else "no route"

    @property
    def ids(self) -> tuple[str, ...]:
        """The table, when it is known."""
        return (self.id,) if self.known else ()

    @property
    def gateway(self) -> routing.Gateway | None:
        """Where the route leads."""
        return routing.gateway(self.route) if self.route else None

    @property
    def table_routes(self) -> list[Row]:
        """Every route of the table."""
        routes: list[Row] = (self.table or {}).get("Routes", [])
        return routes

    @property
    def is_blackhole(self) -> bool:
        """Whether the route leads to something that is gone."""
        return (self.route or {}).get("State") == "blackhole"


@dataclass(frozen=True, eq=False)
class GatewayHop(Hop):
    """Where a route leads out of the VPC's local network.

    `row` describes a NAT gateway, or the interface of a NAT instance; `groups` are its security
    groups.
    """

    kind = "gateway"
    gateway: routing.Gateway = routing.NOWHERE
    row: Row | None = None
    groups: tuple[Row, ...] = ()


@dataclass(frozen=True, eq=False)
class TargetHop(Hop):
    """The target, at one of its locations; `names` are others of it."""

    kind = "target"
    names: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The target as a URL, its host, its location and its endpoint."""
        return (self.id, *self.names)


# A finding, with the hop of a path at which it is drawn, or with a kind of hop: then it is drawn on
# every path of its target and subnet. "" is for what belongs to no path.
Located = tuple[Hop | str, Finding]


@dataclass(frozen=True)
class NetworkPath:
    """From one of the function's subnets to one location of a target."""

    subnet: str
    destination: Destination
    location: TargetLocation
    source: Networks  # the addresses that the function may have in its subnet
    hops: tuple[Hop, ...]

    @property
    def target(self) -> Target:
        """The target at the end."""
        return self.destination.target

    @property
    def addresses(self) -> Networks:
        """The addresses at the end."""
        return self.location.addresses

    @property
    def version(self) -> int:
        """Which IP it needs: 4 or 6."""
        return self.location.version

    @property
    def table(self) -> TableHop:
        """The route table of the function's subnet."""
        return next(hop for hop in self.hops if isinstance(hop, TableHop))

    @property
    def gateway(self) -> GatewayHop | None:
        """Where that table's route leads; None within the VPC, or where there is no route."""
        return next((hop for hop in self.hops if isinstance(hop, GatewayHop)), None)

    @property
    def second_leg(self) -> tuple[SubnetHop | None, TableHop | None, GatewayHop | None]:
        """The subnet, the route table and the gateway behind a NAT, as far as there are any."""
        gateways = [at for at, hop in enumerate(self.hops) if isinstance(hop, GatewayHop)]
        behind = self.hops[gateways[0] + 1 :] if gateways else ()
        tables = [hop for hop in behind if isinstance(hop, TableHop)]
        beyond = [hop for hop in behind if isinstance(hop, GatewayHop)]
        subnets = [hop for hop in behind if isinstance(hop, SubnetHop)]
        return (
            subnets[0] if subnets else None,
            tables[0] if tables else None,
            beyond[0] if beyond else None,
        )


@dataclass(frozen=True)
class Analysis:
    """One function, or a planned VpcConfig, and what it should reach."""

    facts: Facts
    function: Attachment
    destinations: tuple[Destination, ...]
    answered: frozenset[str] = frozenset()  # addresses that the probes reached

    @property
    def managed(self) -> bool:
        """Whether the function runs on Managed Instances, with their interfaces and addresses."""
        return bool(capacity_provider(self.facts.sections.get("Function") or {}))

    @cached_property
    def paths(self) -> tuple[NetworkPath, ...]:
        """Every path: from each of the function's subnets to each location of each target."""
        return tuple(self._paths())

    def paths_to(self, destination: Destination) -> list[NetworkPath]:
        """The paths to one destination."""
        return [path for path in self.paths if path.destination is destination]

    def has_answered(self, destination: Destination) -> bool:
        """Whether a probe from the function's network reached one of its addresses."""
        return any(
            str(one.network_address) in self.answered
            for location in destination.locations
            for one in location.addresses
        )

    def _paths(self) -> Iterator[NetworkPath]:
        for destination in self.destinations:
            for location in destination.locations:
                if location.version == 6 and not self.function.ipv6:
                    continue  # nothing leaves; the check of IPv6 reports it
                for subnet in self.function.subnets:
                    if self.facts.subnet(subnet) is not None:
                        yield _Tracer(self, subnet, destination, location).path()


class _Tracer:
    """Follows one path."""

    def __init__(
        self, analysis: Analysis, subnet: str, destination: Destination, location: TargetLocation
    ) -> None:
        self.facts, self.function = analysis.facts, analysis.function
        self.subnet, self.destination, self.location = subnet, destination, location
        self.source = subnet_addresses(self.facts, subnet, location.version)

    def path(self) -> NetworkPath:
        """Return the path with all of its hops."""
        hops = tuple(self._hops())
        return NetworkPath(self.subnet, self.destination, self.location, self.source, hops)

    def _hops(self) -> Iterator[Hop]:
        target, location = self.destination.target, self.location
        yield function_hop(self.function)
        if target.literal is None:
            yield NameHop(target.host)
        if self.function.groups:
            yield self._groups(self.function.groups, egress=True)
        table = self._table(self.subnet)
        yield self._subnet(self.subnet, [(True, location.addresses)], routed=table.route)
        yield table
        gateway = table.gateway
        if gateway is not None and gateway.kind != "local":
            yield from self._beyond(gateway)
        elif location.subnet and location.subnet != self.subnet:
            yield self._subnet(location.subnet, [(False, self.source)], routed=table.route)
        if location.groups:
            yield self._groups(location.groups, egress=False)
        names = (target.host, location.id, self.destination.endpoint)
        yield TargetHop(target.text, True, names)

    def _beyond(self, gateway: routing.Gateway) -> Iterator[Hop]:
        """The gateway, and the second leg where it forwards from a subnet of its own."""
        row = self._forwarder(gateway)
        # A NAT gateway turns what DNS64 made of an IPv4 address back into it.
        addresses = translated(self.location.addresses)
        ids = [each["GroupId"] for each in (row or {}).get("Groups", [])]
        known = gateway.kind != "nat" or self.facts.has(["NatGateways"])
        yield GatewayHop(gateway.id, known, gateway, row, tuple(self.facts.groups(ids)))
        between = str((row or {}).get("SubnetId", ""))
        if not between:
            return
        if between != self.subnet:
            yield self._subnet(between, [(False, self.source), (True, addresses)], routed=True)
        table = self._table(between, addresses)
        if table.table is not None:
            yield table
        beyond = table.gateway
        if beyond is not None:
            yield GatewayHop(beyond.id, True, beyond)

    def _forwarder(self, gateway: routing.Gateway) -> Row | None:
        """What forwards: the NAT gateway, or the interface of a NAT instance."""
        if gateway.kind == "nat":
            return self.facts.find("NatGateways", "NatGatewayId", gateway.id)
        if gateway.kind == "interface":
            return find_interface(self.facts, gateway.id)
        return None

    def _table(self, subnet: str, addresses: Networks = ()) -> TableHop:
        vpc = str((self.facts.subnet(subnet) or {}).get("VpcId", ""))
        table = routing.table_of(self.facts, subnet, vpc)
        if table is None:
            return TableHop("not known", known=False)
        location = self.location
        wanted = addresses or location.addresses
        route = routing.choose(self.facts, table, wanted, location.prefix_list)
        return TableHop(str(table["RouteTableId"]), True, table, route)

    def _subnet(
        self, name: str, edges: Sequence[tuple[bool, Networks]], *, routed: object
    ) -> SubnetHop:
        acl = network_acl.of_subnet(self.facts, name)
        # ACLs do not look at traffic within a subnet, and not at what has no route out of it.
        inside = self.location.subnet == self.subnet
        crossings = [] if inside or not routed else list(self._crossings(edges))
        return SubnetHop(name, acl is not None, acl, tuple(crossings))

    def _crossings(self, edges: Sequence[tuple[bool, Networks]]) -> Iterator[SubnetCrossing]:
        """The request over each edge of a subnet, and its answer over the same edge."""
        port = self.destination.target.port
        for egress, peer in edges:
            if peer:
                yield SubnetCrossing(egress, peer, (port, port), answer=False)
                yield SubnetCrossing(not egress, peer, network_acl.EPHEMERAL, answer=True)

    def _groups(self, ids: tuple[str, ...], *, egress: bool) -> GroupsHop:
        rows = tuple(self.facts.groups(ids))
        return GroupsHop(", ".join(ids), bool(rows), rows, egress)


def place_finding(
    hops: Sequence[Hop], place: Hop | str, finding: Finding, target: str, subnet: str
) -> Hop | None:
    """The hop at which a finding is drawn on this path, if at all."""
    if isinstance(place, Hop):
        return place if place in hops else None
    if not place or finding.target not in ("", target) or finding.subnet not in ("", subnet):
        return None
    of_kind = [hop for hop in hops if hop.kind == place]
    return of_kind[0] if of_kind else hops[0]


def findings_on(path: NetworkPath, located: Sequence[Located]) -> list[Finding]:
    """The findings that are drawn on a path."""
    return [
        finding
        for place, finding in located
        if place_finding(path.hops, place, finding, path.target.text, path.subnet) is not None
    ]


def function_hop(function: Attachment) -> FunctionHop:
    """The first hop of every path."""
    return FunctionHop(function.name or "planned function")


def find_interface(facts: Facts, name: str) -> Row | None:
    """The interface with that id, or of the instance with that id."""
    for row in facts.rows("NetworkInterfaces"):
        if name in (row["NetworkInterfaceId"], (row.get("Attachment") or {}).get("InstanceId")):
            return row
    return None


def subnet_addresses(facts: Facts, subnet: str, version: int) -> Networks:
    """The range of a subnet, IPv4 or IPv6; empty where it has none."""
    row = facts.subnet(subnet) or {}
    if version == 4:
        return (network(row["CidrBlock"]),) if row.get("CidrBlock") else ()
    return tuple(network(text) for text in ipv6_cidrs(row))


def ipv6_cidrs(subnet: Row) -> list[str]:
    """The IPv6 ranges that are associated with a subnet."""
    return [
        str(each["Ipv6CidrBlock"])
        for each in subnet.get("Ipv6CidrBlockAssociationSet", [])
        if (each.get("Ipv6CidrBlockState") or {}).get("State", "associated") == "associated"
    ]


def dns_targets(facts: Facts) -> list[Target]:
    """The DNS servers that are not AWS's own: each name lookup is a path to one of them."""
    own = amazon_resolvers(facts)
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
        if server != "AmazonProvidedDNS" and server not in own
    ]


def make_analysis(
    facts: Facts,
    function: Attachment,
    targets: Sequence[Target],
    seen: Mapping[str, Sequence[str]] | None = None,
    answered: Collection[str] = (),
) -> Analysis:
    """Locate the targets, and the DNS servers that names among them need.

    :param seen: host → addresses that a probe found
    :param answered: addresses that a probe reached
    """
    wanted = list(targets)
    if any(target.literal is None for target in targets):
        wanted += [each for each in dns_targets(facts) if each not in wanted]
    located = tuple(locate(facts, each, (seen or {}).get(each.host, ())) for each in wanted)
    return Analysis(facts, function, located, frozenset(answered))
