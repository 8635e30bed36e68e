"""Lambda's interfaces in a VPC. Source: "Hyperplane ENIs", Lambda Developer Guide.

One interface serves every function, and every published version, with the same subnet and the
same *set* of security groups.
"""

from __future__ import annotations

from collections.abc import Iterable

from vpc_check.facts import Facts, Row

INTERFACE_QUOTA = 500  # of Lambda's and EFS's in a VPC, by default; older pages of AWS say 250


def shared(facts: Facts, subnet: str, groups: Iterable[str]) -> list[Row]:
    """Lambda's interfaces in a subnet that carry exactly these groups."""
    return shared_in(facts.rows("NetworkInterfaces"), subnet, groups)


def shared_in(rows: Iterable[Row], subnet: str, groups: Iterable[str]) -> list[Row]:
    """Of these interfaces, Lambda's in a subnet that carry exactly these groups."""
    wanted = set(groups)
    return [
        row
        for row in rows
        if row.get("InterfaceType") == "lambda"
        and row.get("SubnetId") == subnet
        and {each["GroupId"] for each in row.get("Groups", [])} == wanted
    ]


def counted(facts: Facts) -> list[Row]:
    """The interfaces that count against the quota: Lambda's, and EFS's, which share it."""
    return [
        row
        for row in facts.rows("NetworkInterfaces")
        if row.get("InterfaceType") in ("lambda", "efs")
        or str(row.get("Description", "")).startswith("EFS mount target")
    ]
