"""What is known of a function and its VPC: the answers of describe calls, as AWS gives them.

A section is named after the member of the answer that holds it, so that a case is a small JSON file
that can be cut out of `aws ec2 describe-…`. What could not be had is absent and has a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from vpc_check.safe_text import clean, clean_all

Row = dict[str, Any]

# section → what it is in a sentence
SECTIONS = {
    "Function": "the function's configuration",
    "Vpcs": "the VPC",
    "VpcAttributes": "the DNS attributes of the VPC",
    "DhcpOptions": "the DHCP options, which name the DNS servers",
    "Subnets": "the subnets",
    "RouteTables": "the route tables",
    "NetworkAcls": "the network ACLs",
    "SecurityGroups": "the security groups",
    "VpcEndpoints": "the VPC endpoints",
    "NatGateways": "the NAT gateways",
    "InternetGateways": "the internet gateways",
    "VpcPeeringConnections": "the VPC peerings",
    "NetworkInterfaces": "the network interfaces",
    "PrefixLists": "the prefix lists of AWS services",
    "ManagedPrefixLists": "the entries of managed prefix lists",
    "SecurityGroupsElsewhere": "the security groups of other VPCs",
    "SecurityGroupVpcAssociations": "the security groups that are associated with the VPC",
    "CapacityProvider": "the capacity provider of the function",
    "Role": "the policies of the function's role",
    "InterfaceQuota": "the quota of Lambda interfaces in a VPC",
    "DBInstances": "the RDS and DocumentDB instances",
    "DBClusters": "the RDS and DocumentDB clusters",
    "Place": "the configuration of the function that probes",
    "LoadBalancers": "the load balancers",
    "DBProxies": "the proxies of RDS",
    "DBProxyEndpoints": "the further endpoints of RDS's proxies",
    "ServerlessCaches": "the serverless caches of ElastiCache",
    "PublicInterfaces": "the interfaces of the account that have a target's public address",
    "PublicInterfaceGroups": "the security groups of interfaces with a public address",
    "CacheClusters": "the clusters of ElastiCache",
    "ReplicationGroups": "the replication groups of ElastiCache",
    "CacheSubnetGroups": "the subnet groups of ElastiCache",
    "TransitGatewayVpcAttachments": "the VPC's attachments to transit gateways",
    "TransitGatewayAttachments": "the attachments of the transit gateways",
    "TransitGatewayRoutes": "the routes of the transit gateways",
    "PeerRouteTables": "the route tables of the other VPCs",
    "PeerSubnets": "the subnets of the other VPCs",
    "PeerPrefixLists": "the entries of prefix lists in the route tables of the other VPCs",
    "DnsFirewall": "the rules of DNS Firewall",
    "ResolverRules": "the forwarding rules of the VPC's DNS",
    "NatMetrics": "the metrics of the NAT gateways",
    "FlowLogs": "the flow logs",
    "FlowLogRecords": "what flow logs have of the function's interfaces",
}
# What makes a report richer, and whose absence makes no check of the VPC itself doubtful.
EXTRAS = frozenset(
    {
        *("LoadBalancers", "DBProxies", "CacheClusters", "ReplicationGroups", "CacheSubnetGroups"),
        *("TransitGatewayVpcAttachments", "TransitGatewayAttachments", "TransitGatewayRoutes"),
        *("PeerRouteTables", "PeerSubnets", "PeerPrefixLists", "DnsFirewall", "ResolverRules"),
        *("NatMetrics", "DBProxyEndpoints", "ServerlessCaches", "PublicInterfaces"),
        "PublicInterfaceGroups",
        *("FlowLogs", "FlowLogRecords"),
    }
)


@dataclass(frozen=True)
class Unknown:
    """Why a section could not be had, and what to do about it."""

    why: str
    remedy: str = "allow the call in the policy of this checking function, then run it again"

    def __post_init__(self) -> None:
        """Clean the texts, which may quote an answer of AWS."""
        object.__setattr__(self, "why", clean(self.why))
        object.__setattr__(self, "remedy", clean(self.remedy))


@dataclass(frozen=True)
class Facts:
    """`sections` by name of SECTIONS; `unknown` has the reason for each that was refused.

    A section in neither was not asked for.
    """

    region: str
    sections: Mapping[str, Any]
    unknown: Mapping[str, Unknown] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Clean every text: names and reasons are AWS's callers' to choose."""
        object.__setattr__(self, "region", clean(self.region))
        object.__setattr__(self, "sections", clean_all(dict(self.sections)))

    def has(self, names: Iterable[str]) -> bool:
        """Whether all of these sections are known."""
        return all(name in self.sections for name in names)

    def rows(self, section: str) -> list[Row]:
        """The rows of a section, none when it is not known."""
        rows: list[Row] = self.sections.get(section) or []
        return rows

    def find(self, section: str, key: str, value: str) -> Row | None:
        """The row of a section with that id."""
        return next((row for row in self.rows(section) if row.get(key) == value), None)

    def subnet(self, subnet_id: str) -> Row | None:
        """The subnet with that id."""
        return self.find("Subnets", "SubnetId", subnet_id)

    def groups(self, ids: Iterable[str]) -> list[Row]:
        """The security groups with these ids, as far as they are known."""
        wanted = set(ids)
        return [row for row in self.rows("SecurityGroups") if row["GroupId"] in wanted]

    @property
    def vpc(self) -> Row:
        """The VPC; empty when it is not known."""
        rows = self.rows("Vpcs")
        return rows[0] if rows else {}

    @property
    def account(self) -> str:
        """The account of the function, "" when it is not known."""
        function = self.sections.get("Function") or {}
        arn = str(function.get("FunctionArn") or function.get("Role") or "")
        return arn.split(":")[4] if arn.count(":") >= 5 else ""

    @property
    def shared(self) -> bool:
        """Whether the VPC is of another account, whose gateways a participant cannot describe.

        Source: "Responsibilities and permissions for owners and participants", VPC User Guide.
        """
        owners = {self.vpc.get("OwnerId"), *(row.get("OwnerId") for row in self.rows("Subnets"))}
        return bool(self.account) and bool(owners - {None, "", self.account})

    @cached_property
    def interface_by_public_address(self) -> Mapping[str, Row]:
        """Interfaces of the account, as far as they are known, by their public IPv4 addresses."""
        found: dict[str, Row] = {}
        for row in (*self.rows("NetworkInterfaces"), *self.rows("PublicInterfaces")):
            associations = [row.get("Association")]
            associations += [each.get("Association") for each in row.get("PrivateIpAddresses", [])]
            for each in associations:
                if each and each.get("PublicIp"):
                    found[str(each["PublicIp"])] = row
        return found

    def find_public(self, address: str) -> Row | None:
        """The interface of this VPC with that public address."""
        row = self.interface_by_public_address.get(address)
        return row if row in self.rows("NetworkInterfaces") else None

    @cached_property
    def interface_by_address(self) -> Mapping[str, Row]:
        """Interfaces of the VPC by each of their private and IPv6 addresses."""
        found: dict[str, Row] = {}
        for row in self.rows("NetworkInterfaces"):
            private = [each["PrivateIpAddress"] for each in row.get("PrivateIpAddresses", [])]
            six = [each["Ipv6Address"] for each in row.get("Ipv6Addresses", [])]
            for address in (row.get("PrivateIpAddress"), *private, *six):
                if address:
                    found[address] = row
        return found


@dataclass(frozen=True)
class Attachment:
    """A function's place in a VPC: what VpcConfig says, and the function's name if it exists."""

    name: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    ipv6: bool = False

    @staticmethod
    def of(function: Mapping[str, Any], provider: Mapping[str, Any] | None = None) -> Attachment:
        """Read the answer of GetFunctionConfiguration, or anything with a VpcConfig.

        :param provider: its capacity provider, whose network a function on Managed Instances has
        """
        vpc = function.get("VpcConfig") or {}
        if not vpc.get("SubnetIds") and provider:
            vpc = provider.get("VpcConfig") or {}
        return Attachment(
            name=str(function.get("FunctionName", "")),
            subnets=tuple(vpc.get("SubnetIds") or ()),
            groups=tuple(vpc.get("SecurityGroupIds") or ()),
            ipv6=bool(vpc.get("Ipv6AllowedForDualStack")),
        )


def capacity_provider(function: Mapping[str, Any]) -> str:
    """The capacity provider of a function on Lambda Managed Instances, or ""."""
    config = function.get("CapacityProviderConfig") or {}
    instances = config.get("LambdaManagedInstancesCapacityProviderConfig") or {}
    return str(instances.get("CapacityProviderArn", ""))
