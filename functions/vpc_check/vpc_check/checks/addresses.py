"""Room for interfaces: free addresses in the subnets, and the quota of the VPC.

Each new interface takes an address of its subnet. Source of the quota: "Lambda quotas", Lambda
Developer Guide; EFS mount targets count, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.interfaces import INTERFACE_QUOTA, counted, shared
from vpc_check.network.paths import Analysis

FEW = 8  # a subnet of /28 has 11 in all


def check_addresses(analysis: Analysis) -> Iterator[Finding]:
    """Report subnets with no or few free addresses.

    With an interface already there for the function's groups, only growth needs another one.
    """
    for name in analysis.function.subnets:
        row = analysis.facts.subnet(name)
        if row is None or "AvailableIpAddressCount" not in row:
            continue
        free = int(row["AvailableIpAddressCount"])
        has_one = bool(shared(analysis.facts, name, analysis.function.groups))
        if free == 0:
            yield Finding(
                "SUBNET_OUT_OF_ADDRESSES",
                "warning" if has_one else "error",
                name,
                f"{name} ({row.get('CidrBlock')}) has no free address"
                + (
                    "; the function's interface exists, but no other can be added under load"
                    if has_one
                    else ", and no interface of Lambda for the function's groups exists there"
                ),
                "delete unused interfaces there, or give the function a larger subnet",
                subnet=name,
            )
        elif free < FEW:
            yield Finding(
                "SUBNET_FEW_ADDRESSES",
                "warning",
                name,
                f"{name} ({row.get('CidrBlock')}) has only {free} free addresses",
                "give the function a larger subnet before it grows",
                subnet=name,
            )


NEAR = 0.9


def check_quota(analysis: Analysis) -> Iterator[Finding]:
    """Report a quota that is used up, or nearly."""
    quota = int(analysis.facts.sections.get("InterfaceQuota") or INTERFACE_QUOTA)
    used = len(counted(analysis.facts))
    vpc = str(analysis.facts.vpc.get("VpcId", "the VPC"))
    missing = [
        name
        for name in analysis.function.subnets
        if not shared(analysis.facts, name, analysis.function.groups)
    ]
    if used + len(missing) > quota:
        yield Finding(
            "INTERFACE_QUOTA_EXCEEDED",
            "error",
            vpc,
            f"{used} of {quota} interfaces are used, and the function needs {len(missing)} more",
            "raise the quota L-9FEE3D26, or let functions share subnets and sets of groups",
        )
    elif used >= quota * NEAR:
        yield Finding(
            "INTERFACE_QUOTA_NEAR",
            "warning",
            vpc,
            f"{used} of {quota} interfaces are used",
            "raise the quota L-9FEE3D26, or let functions share subnets and sets of groups",
        )
