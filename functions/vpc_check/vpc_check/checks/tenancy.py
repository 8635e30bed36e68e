"""Tenancy. Source: "Giving Lambda functions access to resources in an Amazon VPC"."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.paths import Case


def check(case: Case) -> Iterator[Finding]:
    """Report a VPC of dedicated tenancy, which Lambda can't connect to."""
    vpc = case.facts.vpc
    if vpc.get("InstanceTenancy") == "dedicated":
        yield Finding(
            "TENANCY_DEDICATED",
            "error",
            str(vpc.get("VpcId", "")),
            "the VPC has dedicated tenancy, and Lambda does not connect to such a VPC",
            "put the function into a VPC of default tenancy and peer the two",
        )
