"""Where a target is: its addresses, and what of this VPC they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vpc_check.facts import Facts, Row
from vpc_check.network.aws_names import (
    NAMED_TYPES,
    PREFIX_LIST_SERVICES,
    computer_address,
    inside,
    is_service,
    matching,
    named,
    only_for_inbound,
    service_of,
)
from vpc_check.network.cidr import ANYWHERE, Networks, networks
from vpc_check.target import Target


@dataclass(frozen=True)
class Destination:
    """A target with its locations; none when its address is not known.

    `service` and `region` are set for hosts of AWS's APIs; `endpoint` is the interface endpoint
    that the host leads to. `how` says where the locations are known from.
    """

    target: Target
    locations: tuple[TargetLocation, ...]
    how: str
    service: str = ""
    region: str = ""
    endpoint: str = ""
    resolver: bool = False  # the VPC's own DNS, which no route, group or ACL keeps away


def locate(facts: Facts, target: Target, seen: Sequence[str] = ()) -> Destination:
    """Find the locations of a target.

    :param seen: addresses that a probe found for the host
    """
    if target.host in amazon_resolvers(facts):
        return Destination(target, (), "the VPC's own DNS server", resolver=True)
    service, region = service_of(target.host, facts.region)
    literal = [str(target.literal)] if target.literal else []
    given = [target.address] if target.address else []
    known = literal or given or list(seen)
    if not known and (computer := _computer(facts, target.host)):
        known = [computer]
    endpoint = endpoint_named(facts, target.host)
    if known:
        how = _how_known(literal, given, seen)
        locations = tuple(_at(facts, address, service) for address in known)
    elif endpoint is not None:
        how = f"a DNS name of {endpoint['VpcEndpointId']}"
        locations = tuple(_of_endpoint(facts, endpoint))
    elif found := (
        find_database(facts, target.host)
        or find_managed(facts, target.host)
        or find_described(facts, target.host)
    ):
        how, locations = found
    elif inside(target.host):
        how, locations = "not known: nothing has resolved the name", ()
    else:
        how = "not resolved: taken for a public address"
        locations = (_public(facts, service, region),)
    name = str(endpoint["VpcEndpointId"]) if endpoint else ""
    return Destination(target, locations, how, service, region, name)


def _how_known(literal: object, given: object, seen: object) -> str:
    if literal:
        return "the host is an address"
    if given:
        return "given"
    return "resolved by the probe" if seen else "the name has the address"


def _computer(facts: Facts, host: str) -> str:
    """The address that a name of EC2 leads to: a public name of this VPC to the private one."""
    address = computer_address(host)
    row = facts.find_public(address)
    return str(row["PrivateIpAddress"]) if row and row.get("PrivateIpAddress") else address


def amazon_resolvers(facts: Facts) -> frozenset[str]:
    """The addresses of the VPC's own DNS: its range plus two, and the link-local ones.

    Source: "Amazon DNS server", Amazon VPC User Guide.
    """
    associated = [
        each.get("CidrBlock", "") for each in facts.vpc.get("CidrBlockAssociationSet", [])
    ]
    cidrs = [cidr for cidr in (facts.vpc.get("CidrBlock", ""), *associated) if cidr]
    plus_two = [str(each.network_address + 2) for each in networks(cidrs)]
    return frozenset(["169.254.169.253", "fd00:ec2::253", *plus_two])


def endpoint_named(facts: Facts, host: str) -> Row | None:
    """The interface endpoint that a host leads to when private DNS works as it should."""
    rows = [row for row in facts.rows("VpcEndpoints") if row.get("VpcEndpointType") in NAMED_TYPES]
    # Deleted endpoints stay in the list for a while.
    rows.sort(key=lambda row: str(row.get("State", "available")).lower() != "available")
    for row in rows:
        if named(row, host) and not only_for_inbound(row):
            return row
    service, region = service_of(host, facts.region)
    if not service:
        return None
    private = [
        row
        for row in matching(facts, "Interface", service, region)
        if row.get("PrivateDnsEnabled") and not only_for_inbound(row)
    ]
    private.sort(key=rows.index)
    return private[0] if private else None


def _at(facts: Facts, address: str, service: str) -> TargetLocation:
    interface = facts.interface_by_address.get(address)
    public = facts.interface_by_public_address.get(address)
    if public is not None:
        found = _of_interface(public, address)
        return replace(found, subnet="", from_internet=True)
    if interface is None:
        return TargetLocation(
            networks([address]), address, prefix_list=_listed(facts, service, address)
        )
    return _of_interface(interface, address)


def _of_interface(interface: Row, address: str) -> TargetLocation:
    return TargetLocation(
        networks([address]),
        str(interface["NetworkInterfaceId"]),
        str(interface.get("SubnetId", "")),
        tuple(each["GroupId"] for each in interface.get("Groups", [])),
    )


def _of_endpoint(facts: Facts, endpoint: Row) -> list[TargetLocation]:
    """An interface endpoint's interfaces, or its subnets where those are not known."""
    groups = tuple(each["GroupId"] for each in endpoint.get("Groups", []))
    locations = []
    for name in endpoint.get("NetworkInterfaceIds", []):
        interface = facts.find("NetworkInterfaces", "NetworkInterfaceId", name)
        if interface is not None and interface.get("PrivateIpAddress"):
            found = _of_interface(interface, str(interface["PrivateIpAddress"]))
            locations.append(
                TargetLocation(found.addresses, found.id, found.subnet, found.groups or groups)
            )
    return locations or in_subnets(facts, endpoint.get("SubnetIds", []), groups)


def _public(facts: Facts, service: str, region: str) -> TargetLocation:
    """An address in the internet; for S3 and DynamoDB any of this region's prefix list."""
    row = _list_of(facts, service) if region == facts.region else None
    cidrs = networks(str(cidr) for cidr in row.get("Cidrs", [])) if row else ()
    four = tuple(cidr for cidr in cidrs if cidr.version == 4)
    if row is None or not four:
        return TargetLocation(
            ANYWHERE,
            "the internet",
            prefix_list=_routed(facts, service, region),
            assumed=True,
        )
    return TargetLocation(four, str(row["PrefixListName"]), prefix_list=str(row["PrefixListId"]))


def _routed(facts: Facts, service: str, region: str) -> str:
    """The prefix list that routes to the service's gateway endpoint name, when AWS's is unknown."""
    endpoints = {each["VpcEndpointId"] for each in matching(facts, "Gateway", service, region)}
    for table in facts.rows("RouteTables"):
        for route in table.get("Routes", []):
            if route.get("GatewayId") in endpoints and route.get("DestinationPrefixListId"):
                return str(route["DestinationPrefixListId"])
    return ""


def _listed(facts: Facts, service: str, address: str) -> str:
    row = _list_of(facts, service)
    wanted = networks([address])[0]
    cidrs = networks(str(cidr) for cidr in row.get("Cidrs", [])) if row else ()
    listed = any(cidr.version == wanted.version and cidr.overlaps(wanted) for cidr in cidrs)
    return str(row["PrefixListId"]) if row and listed else ""


def _list_of(facts: Facts, service: str) -> Row | None:
    for name in PREFIX_LIST_SERVICES:
        if is_service(service, name):
            full = f"com.amazonaws.{facts.region}.{name}"
            return facts.find("PrefixLists", "PrefixListName", full)
    return None


def find_rows(facts: Facts, host: str) -> list[tuple[str, Row]]:
    """The descriptions of what a name belongs to, each with what it is."""
    found = [
        (f"DB instance {row['DBInstanceIdentifier']}", row)
        for row in facts.rows("DBInstances")
        if host == (row.get("Endpoint") or {}).get("Address")
    ]
    for row in facts.rows("DBClusters"):
        names = (row.get("Endpoint"), row.get("ReaderEndpoint"), *row.get("CustomEndpoints", []))
        if host in names:
            found.append((f"DB cluster {row['DBClusterIdentifier']}", row))
    found += [
        (f"RDS Proxy {row['DBProxyName']}", row)
        for row in (*facts.rows("DBProxies"), *facts.rows("DBProxyEndpoints"))
        if host == row.get("Endpoint")
    ]
    balancer = find_balancer(facts, host)
    if balancer is not None:
        found.append((f"load balancer {balancer['LoadBalancerName']}", balancer))
    for row in facts.rows("ServerlessCaches"):
        ends = [row.get("Endpoint") or {}, row.get("ReaderEndpoint") or {}]
        if host in {str(each.get("Address", "")) for each in ends}:
            found.append((f"ElastiCache serverless cache {row['ServerlessCacheName']}", row))
    return found


def find_database(facts: Facts, host: str) -> tuple[str, tuple[TargetLocation, ...]] | None:
    """Return (what it is, its locations): somewhere in the subnets of its subnet group."""
    for what, row in find_rows(facts, host):
        if "DBInstanceIdentifier" in row:
            subnets = _subnets(row, str(row.get("AvailabilityZone", "")))
            return what, _database(facts, row, subnets)
        if "DBClusterIdentifier" in row:
            named = row.get("DBSubnetGroup")
            members = [
                each
                for each in facts.rows("DBInstances")
                if (each.get("DBSubnetGroup") or {}).get("DBSubnetGroupName") == named
            ]
            subnets = _subnets(members[0]) if members else []
            return what, _database(facts, row, subnets)
    return None


def find_managed(facts: Facts, host: str) -> tuple[str, tuple[TargetLocation, ...]] | None:
    """Return (what it is, its locations) of a proxy, a cache or a load balancer."""
    for what, row in find_rows(facts, host):
        if "LoadBalancerName" in row:
            return what, tuple(_balancer(facts, row))
        for subnets, groups in (
            ("VpcSubnetIds", "VpcSecurityGroupIds"),
            ("SubnetIds", "SecurityGroupIds"),
        ):
            if subnets in row:
                ids = tuple(map(str, row.get(groups, [])))
                return what, tuple(in_subnets(facts, row[subnets], ids))
    return _find_cache(facts, host)


def find_balancer(facts: Facts, host: str) -> Row | None:
    """The load balancer with that name."""
    wanted = host.removeprefix("dualstack.").lower()
    rows = facts.rows("LoadBalancers")
    return next((row for row in rows if str(row.get("DNSName", "")).lower() == wanted), None)


def _balancer(facts: Facts, row: Row) -> list[TargetLocation]:
    groups = tuple(map(str, row.get("SecurityGroups", [])))
    if row.get("Scheme") == "internal":
        described = find_described(facts, str(row["DNSName"]).lower())
        subnets = [str(each["SubnetId"]) for each in row.get("AvailabilityZones", [])]
        return list(described[1]) if described else in_subnets(facts, subnets, groups)
    here = facts.vpc.get("VpcId") == row.get("VpcId")
    name = str(row["LoadBalancerName"])
    # Its groups are known here only where they are of this VPC.
    return [TargetLocation(ANYWHERE, name, groups=groups if here else (), from_internet=here)]


def _find_cache(facts: Facts, host: str) -> tuple[str, tuple[TargetLocation, ...]] | None:
    members: set[str] = set()
    for row in facts.rows("ReplicationGroups"):
        nodes = row.get("NodeGroups", [])
        ends = [row.get("ConfigurationEndpoint")]
        ends += [each.get(key) for each in nodes for key in ("PrimaryEndpoint", "ReaderEndpoint")]
        if host in {str((each or {}).get("Address", "")) for each in ends}:
            members |= set(map(str, row.get("MemberClusters", [])))
    for row in facts.rows("CacheClusters"):
        ends = [row.get("ConfigurationEndpoint")]
        ends += [each.get("Endpoint") for each in row.get("CacheNodes", [])]
        own = host in {str((each or {}).get("Address", "")) for each in ends}
        if own or row["CacheClusterId"] in members:
            group = facts.find(
                "CacheSubnetGroups", "CacheSubnetGroupName", str(row.get("CacheSubnetGroupName"))
            )
            subnets = [str(each["SubnetIdentifier"]) for each in (group or {}).get("Subnets", [])]
            groups = tuple(str(each["SecurityGroupId"]) for each in row.get("SecurityGroups", []))
            found = in_subnets(facts, subnets, groups)
            return f"ElastiCache cluster {row['CacheClusterId']}", tuple(found)
    return None


def find_described(facts: Facts, host: str) -> tuple[str, tuple[TargetLocation, ...]] | None:
    """Return (what it is, its locations) by the descriptions that AWS gives to its interfaces."""
    label = host.partition(".")[0]
    if ".cache." in host:
        prefixes = [f"ElastiCache {part}" for part in _cluster_ids(host)]
    elif label.startswith("internal-") and ".elb." in host:
        name = label.removeprefix("internal-").rpartition("-")[0]
        prefixes = [f"ELB app/{name}/", f"ELB net/{name}/", f"ELB {name}"]
    elif system := file_system(host):
        prefixes = [f"EFS mount target for {system}"]
    elif label.startswith("vpc-") and ".es.amazonaws." in host:
        # vpc-DOMAIN-HASH
        prefixes = [f"ES {label.removeprefix('vpc-').rpartition('-')[0]}"]
    else:
        return None
    found = tuple(
        _of_interface(row, str(row["PrivateIpAddress"]))
        for row in facts.rows("NetworkInterfaces")
        if row.get("PrivateIpAddress")
        and any(_is_described(str(row.get("Description", "")), each) for each in prefixes)
    )
    return (f"interfaces described as {prefixes[0]}", found) if found else None


def file_system(host: str) -> str:
    """The EFS file system of a name, ZONE.fs-1.efs.REGION.amazonaws.com or without the zone."""
    labels = host.partition(".efs.")[0].split(".") if ".efs." in host else []
    return labels[-1] if labels and labels[-1].startswith("fs-") else ""


def _cluster_ids(host: str) -> list[str]:
    """The labels that may be an ElastiCache cluster's id: some names begin with a role."""
    labels = host.split(".")
    return labels[1:2] if labels[0] in ("master", "replica", "clustercfg") else labels[:1]


def _is_described(description: str, prefix: str) -> bool:
    rest = description[len(prefix) :]
    return description.startswith(prefix) and (prefix.endswith("/") or not rest or rest[0] in "- ")


def _database(facts: Facts, row: Row, subnets: list[str]) -> tuple[TargetLocation, ...]:
    groups = tuple(each["VpcSecurityGroupId"] for each in row.get("VpcSecurityGroups", []))
    return tuple(in_subnets(facts, subnets, groups))


def _subnets(row: Row, zone: str = "") -> list[str]:
    """The subnets of a DB subnet group: those of the zone that the instance is in, or all."""
    listed = (row.get("DBSubnetGroup") or {}).get("Subnets", [])
    of_zone = [
        each
        for each in listed
        if zone and (each.get("SubnetAvailabilityZone") or {}).get("Name") == zone
    ]
    return [str(each["SubnetIdentifier"]) for each in of_zone or listed]


@dataclass(frozen=True)
class TargetLocation:
    """Where a target may be.

    `addresses` is one address, or all that it may have. `id` names it for people. `subnet` and
    `groups` are known of what lies in this VPC. `prefix_list` is AWS's list that the addresses are.
    `assumed` is True when no address is known, and a public one taken for granted. `from_internet`
    is True for a public address of an interface of this VPC: packets come to it from outside.
    """

    addresses: Networks
    id: str
    subnet: str = ""
    groups: tuple[str, ...] = ()
    prefix_list: str = ""
    assumed: bool = False
    from_internet: bool = False

    @property
    def version(self) -> int:
        """Which IP leads there: 4 or 6."""
        return self.addresses[0].version


def in_subnets(facts: Facts, ids: Sequence[str], groups: tuple[str, ...]) -> list[TargetLocation]:
    """A place for each subnet, anywhere in its range: where the address is not known better."""
    found = []
    for name in ids:
        row = facts.subnet(name)
        if row is not None and row.get("CidrBlock"):
            found.append(TargetLocation(networks([row["CidrBlock"]]), name, name, groups))
        peer = facts.find("PeerSubnets", "SubnetId", name) if row is None else None
        if peer is not None and peer.get("CidrBlock"):
            # Of another VPC: its ACL and groups are not known here.
            found.append(TargetLocation(networks([peer["CidrBlock"]]), name))
    return found
