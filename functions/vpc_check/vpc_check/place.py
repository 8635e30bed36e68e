"""One place where a target may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vpc_check.facts import Facts
from vpc_check.network.cidr import Networks, networks


@dataclass(frozen=True)
class Place:
    """Where a target may be.

    `addresses` is one address, or all that it may have. `id` names it for people. `subnet` and
    `groups` are known of what lies in this VPC. `prefix_list` is AWS's list that the addresses are.
    """

    addresses: Networks
    id: str
    subnet: str = ""
    groups: tuple[str, ...] = ()
    prefix_list: str = ""

    @property
    def version(self) -> int:
        """Which IP leads there: 4 or 6."""
        return self.addresses[0].version


def in_subnets(facts: Facts, ids: Sequence[str], groups: tuple[str, ...]) -> list[Place]:
    """A place for each subnet, anywhere in its range: where the address is not known better."""
    rows = [(name, facts.subnet(name)) for name in ids]
    return [
        Place(networks([row["CidrBlock"]]), name, name, groups)
        for name, row in rows
        if row is not None and row.get("CidrBlock")
    ]
