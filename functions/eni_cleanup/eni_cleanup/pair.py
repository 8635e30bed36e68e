"""A pair of one subnet and one set of security groups: what an interface of Lambda's is made for.

Source: "Hyperplane elastic network interfaces", AWS Lambda Developer Guide: functions with the
same pair share an interface.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """`groups` are sorted: the order in which they were written means nothing."""

    subnet: str
    groups: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.subnet} with {', '.join(self.groups) or 'no group'}"


def pairs(subnets: Iterable[str], groups: Iterable[str]) -> frozenset[Pair]:
    """Return every subnet with the whole set of groups."""
    together = tuple(sorted(set(groups)))
    return frozenset(Pair(subnet, together) for subnet in subnets)


def pairs_of(vpc_config: Mapping[str, Any] | None) -> frozenset[Pair]:
    """Return the pairs of a function's VpcConfig as Lambda shows it, none without a VPC."""
    config = vpc_config or {}
    return pairs(config.get("SubnetIds") or (), config.get("SecurityGroupIds") or ())
