"""One look at the interfaces in scope, and at who uses them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from . import holders, interfaces
from .aws import Calls
from .fate import fate
from .interfaces import Interface
from .pair import Pair
from .targets import Targets


@dataclass(frozen=True)
class Scope:
    """Where to look, which pairs to wait for, and which functions were (or will be) detached."""

    account: str
    subnets: frozenset[str]
    vpc: str
    ours: frozenset[Pair]
    own: frozenset[str]


class Seen(NamedTuple):
    """An interface, who uses its pair, and what is to become of it."""

    interface: Interface
    holders: tuple[str, ...]
    fate: str


def scope(calls: Calls, targets: Targets, had: Collection[Pair]) -> Scope:
    """Return the scope of `targets`, whose functions have or had the pairs `had`."""
    ours = targets.pairs | frozenset(had)
    identity = calls.make("describe", "sts", calls.client("sts").get_caller_identity)
    return Scope(
        identity["Account"],
        frozenset(targets.subnets) | {pair.subnet for pair in ours},
        targets.vpc,
        ours,
        frozenset(targets.functions),
    )


def look(calls: Calls, scope: Scope) -> list[Seen]:
    """Look once, and decide on every interface."""
    found = interfaces.find(calls, scope.account, subnets=scope.subnets)
    if scope.vpc:
        found = sorted({*found, *interfaces.find(calls, scope.account, vpc=scope.vpc)})
    if not found:
        return []
    # In this order: the function of an interface that was there is older than the interface, so a
    # list of functions made afterwards has it. The other way round, an interface that Lambda made
    # in between for a new function would look as if it were nobody's.
    used = holders.find(calls)
    return [
        Seen(each, names, fate(each, names, scope.ours, scope.own))
        for each in found
        for names in [used.get(each.pair, ())]
    ]
