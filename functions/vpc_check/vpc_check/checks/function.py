"""The VpcConfig itself. Source: "VpcConfig", Lambda API Reference."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network import aws_names as services
from vpc_check.network.cidr import private
from vpc_check.network.paths import Case

MAX_SUBNETS = 16
MAX_GROUPS = 5


def check(case: Case) -> Iterator[Finding]:
    """Report limits, ids that don't exist, and subnets or groups of several VPCs."""
    function = case.function
    for what, ids, most in (
        ("subnets", function.subnets, MAX_SUBNETS),
        ("security groups", function.groups, MAX_GROUPS),
    ):
        if len(ids) > most:
            yield Finding(
                "VPC_CONFIG_LIMIT",
                "error",
                function.name or "VpcConfig",
                f"{len(ids)} {what}; Lambda takes at most {most}",
                f"leave {len(ids) - most} out",
            )
    vpcs: dict[str, str] = {}
    for code, what, rows, key, ids in (
        ("UNKNOWN_SUBNET", "subnet", "Subnets", "SubnetId", function.subnets),
        ("UNKNOWN_GROUP", "security group", "SecurityGroups", "GroupId", function.groups),
    ):
        for name in ids:
            row = case.facts.find(rows, key, name)
            if row is None:
                yield Finding(
                    code,
                    "error",
                    name,
                    f"there is no {what} {name} in this account and region",
                    "name one that exists; a deleted one leaves the function unable to start",
                )
            else:
                vpcs.setdefault(str(row.get("VpcId", "")), name)
    if len(vpcs) > 1:
        yield Finding(
            "SUBNET_IN_OTHER_VPC",
            "error",
            function.name or "VpcConfig",
            "subnets and security groups are of different VPCs: "
            + ", ".join(f"{name} is of {vpc}" for vpc, name in vpcs.items()),
            "use subnets and groups of one VPC",
        )


def outside(case: Case) -> Iterator[Finding]:
    """Judge a function that is in no VPC: it reaches the internet, and nothing private."""
    lost = [
        destination
        for destination in case.destinations
        if services.inside(destination.target.host)
        or any(private(place.addresses) or place.subnet for place in destination.places)
    ]
    for destination in lost:
        yield Finding(
            "FUNCTION_NOT_IN_VPC",
            "error",
            case.function.name,
            f"the function is in no VPC, and {destination.target.host} is a private destination",
            "give the function subnets and security groups of the destination's VPC",
            destination.target.text,
        )
    if not lost:
        yield Finding(
            "FUNCTION_NOT_IN_VPC",
            "info",
            case.function.name,
            "the function is in no VPC: it goes out to the internet through Lambda's own network",
            "nothing to do, unless it is to reach something private",
        )
