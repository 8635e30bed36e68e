"""How many interfaces and addresses functions need, and which subnet runs out first.

Source: "Hyperplane ENIs", Lambda Developer Guide: one interface for each pair of a subnet and a
set of security groups, whatever the number of functions; 65,000 connections each, more are added
when those are used up. How Lambda spreads connections over subnets is not documented; evenly is
assumed here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vpc_check.facts import Attachment, Facts
from vpc_check.network.interfaces import INTERFACE_QUOTA, counted, shared
from vpc_check.request import Plan, Planned

CONNECTIONS = 65_000  # of one interface
OBSOLETE = (
    "Obsolete since September 2019: until then each interface served as many environments as fit "
    "into its memory. Today neither memory nor concurrency asks for interfaces; connections do."
)


@dataclass(frozen=True)
class Need:
    """One subnet: `interfaces` in all for the plan, of which `present` exist; `free` addresses.

    `left` is what is free afterwards, negative where addresses are missing, None where not known.
    `most` is the number of connections at a time before the subnet has no address left.
    """

    subnet: str
    interfaces: int
    present: int
    free: int | None
    left: int | None
    most: int | None


@dataclass(frozen=True)
class Capacity:
    """`first_out` is the subnet with the fewest addresses left; `quota` is of interfaces."""

    needs: tuple[Need, ...]
    interfaces: int
    new_interfaces: int
    connections: int
    quota: int
    used: int
    first_out: str
    fits: bool
    notes: tuple[str, ...] = ()
    historic: Mapping[str, Any] = field(default_factory=dict)


def calculate(facts: Facts, function: Attachment, plan: Plan) -> Capacity:
    """Work out a plan; functions of it without subnets or groups of their own have `function`'s."""
    pairs: Counter[tuple[str, frozenset[str]]] = Counter()
    for each in plan.functions:
        subnets = each.subnets or function.subnets
        groups = frozenset(each.groups or function.groups)
        for subnet in subnets:
            # Connections add up in a shared interface; a pair without any still needs one.
            pairs[subnet, groups] += math.ceil(each.connections / len(subnets))
    needs = tuple(
        _need(facts, subnet, {group: n for (name, group), n in pairs.items() if name == subnet})
        for subnet in dict.fromkeys(subnet for subnet, _ in pairs)
    )
    quota = int(facts.sections.get("InterfaceQuota") or INTERFACE_QUOTA)
    used = len(counted(facts))
    new = sum(max(0, need.interfaces - need.present) for need in needs)
    known = [need for need in needs if need.left is not None]
    first = min(known, key=lambda need: need.left or 0, default=None)
    return Capacity(
        needs=needs,
        interfaces=sum(need.interfaces for need in needs),
        new_interfaces=new,
        connections=sum(each.connections for each in plan.functions),
        quota=quota,
        used=used,
        first_out=first.subnet if first else "",
        fits=used + new <= quota and all((need.left or 0) >= 0 for need in needs),
        notes=_notes(facts, needs),
        historic=_historic(plan, facts, function) if plan.historic else {},
    )


def _need(facts: Facts, subnet: str, connections: Mapping[frozenset[str], int]) -> Need:
    wanted = {groups: max(1, math.ceil(n / CONNECTIONS)) for groups, n in connections.items()}
    present = {groups: len(shared(facts, subnet, groups)) for groups in wanted}
    new = sum(max(0, wanted[groups] - present[groups]) for groups in wanted)
    row = facts.subnet(subnet) or {}
    free = int(row["AvailableIpAddressCount"]) if "AvailableIpAddressCount" in row else None
    return Need(
        subnet=subnet,
        interfaces=sum(wanted.values()),
        present=sum(min(wanted[groups], present[groups]) for groups in wanted),
        free=free,
        left=None if free is None else free - new,
        most=None if free is None else (free + sum(present.values())) * CONNECTIONS,
    )


def _notes(facts: Facts, needs: tuple[Need, ...]) -> tuple[str, ...]:
    notes = ["Connections are assumed to spread evenly over the subnets; Lambda does not promise."]
    if not facts.has(["NetworkInterfaces"]):
        notes.append("The present interfaces are not known, so all are counted as new.")
    if any(need.free is None for need in needs):
        notes.append("The free addresses of some subnets are not known.")
    return tuple(notes)


def _historic(plan: Plan, facts: Facts, function: Attachment) -> dict[str, Any]:
    """The formulas of AWS's documentation before Hyperplane, per divisor in GB."""

    def interfaces(each: Planned, gigabytes: float) -> int:
        return math.ceil(each.concurrency * (each.memory_mb / 1024) / gigabytes)

    free = sum(
        int((facts.subnet(name) or {}).get("AvailableIpAddressCount", 0))
        for name in function.subnets
    )
    return {
        "per_1.5_gb": sum(interfaces(each, 1.5) for each in plan.functions),
        "per_3_gb": sum(interfaces(each, 3.0) for each in plan.functions),
        "free_addresses": free,
        "note": OBSOLETE,
    }
