"""Interfaces per VPC. Source: "Lambda quotas", Lambda Developer Guide: shared with EFS."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.interfaces import INTERFACE_QUOTA, counted, shared
from vpc_check.network.paths import Case

NEAR = 0.9


def check(case: Case) -> Iterator[Finding]:
    """Report a quota that is used up, or nearly."""
    quota = int(case.facts.sections.get("InterfaceQuota") or INTERFACE_QUOTA)
    used = len(counted(case.facts))
    vpc = str(case.facts.vpc.get("VpcId", "the VPC"))
    missing = [
        name for name in case.function.subnets if not shared(case.facts, name, case.function.groups)
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
