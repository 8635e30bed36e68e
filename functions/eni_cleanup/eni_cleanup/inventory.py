"""A scan of the interfaces in scope, who uses them, and what to do with each.

Source of the users: "ListFunctions", AWS Lambda API Reference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .aws import AwsCaller
from .interfaces import OLD_STYLE, Interface, NetworkConfig, find_interfaces, network_configs_of
from .targets import Targets


@dataclass(frozen=True)
class Scope:
    """Where to look, which pairs to wait for, and which functions were (or will be) detached."""

    account: str
    subnets: frozenset[str]
    vpc: str
    ours: frozenset[NetworkConfig]
    own: frozenset[str]


class ScannedInterface(NamedTuple):
    """An interface, who uses its network configuration, and what to do with it."""

    interface: Interface
    holders: tuple[str, ...]
    decision: str


def make_scope(
    caller: AwsCaller,
    targets: Targets,
    had: Collection[NetworkConfig],
    detached: Collection[str],
) -> Scope:
    """Return the scope of `targets`.

    :param had: the configurations that the detached functions have or had
    :param detached: the names of the functions that were (or would be) detached
    """
    ours = targets.network_configs | frozenset(had)
    return Scope(
        caller.account(),
        frozenset(targets.subnets) | {pair.subnet for pair in ours},
        targets.vpc,
        ours,
        frozenset(detached),
    )


@dataclass(frozen=True)
class UserList:
    """Who used what in the account when its functions were listed: `at`, which took `seconds`."""

    users: VpcUsers
    at: float
    seconds: float

    def of(self, configs: Collection[NetworkConfig]) -> UserList:
        """The same list for some configurations only."""
        users = {pair: names for pair, names in self.users.items() if pair in configs}
        return UserList(users, self.at, self.seconds)

    @property
    def stale_after(self) -> float:
        """When another list is due although interfaces are only waited for."""
        return self.at + max(RELIST_S, self.seconds * PAUSE_IN_LISTS)

    @property
    def collect_until(self) -> float:
        """Until when interfaces that are free wait for others, so that one list is for all."""
        return self.at + self.seconds * PAUSE_IN_LISTS


# While interfaces are only waited for, the functions of the account are listed this often.
RELIST_S = 300.0
# Nor is a list made before this many times its own duration. With 100,000 versions one takes 2,000
# calls, 200 s: then there are three in an hour.
PAUSE_IN_LISTS = 8


def scan(
    caller: AwsCaller, scope: Scope, known: UserList | None = None
) -> tuple[list[ScannedInterface], UserList | None]:
    """Scan once, decide on every interface, and return the list that the decisions are made by.

    Listing all functions takes hundreds of calls in a large account. So a list that is `known` from
    an earlier scan does while interfaces are only waited for; whatever is to be deleted or detached
    is decided by a new list.

    :param known: the list of an earlier scan, None to make one in any case
    """
    found = find_interfaces(caller, scope.account, subnets=scope.subnets)
    if scope.vpc:
        found = sorted({*found, *find_interfaces(caller, scope.account, vpc=scope.vpc)})
    if not found:
        return [], known
    if known is not None:
        seen = _decide_all(found, known.users, scope)
        waiting = any(each.decision == WAIT and not each.interface.is_free for each in seen)
        if waiting and caller.now() < known.collect_until:
            # Nothing is deleted by an old list.
            seen = [each._replace(decision=WAIT) if _may_go(each) else each for each in seen]
            return seen, known
        if not any(map(_may_go, seen)):
            return seen, known
        if caller.left_s() <= known.seconds:
            caller.pause(known.seconds)  # half a list is of no use: the next invocation makes one
    # In this order: the function of an interface that was there is older than the interface, so a
    # list of functions made afterwards has it. The other way round, an interface that Lambda made
    # in between for a new function would look unused.
    began = caller.now()
    users = find_vpc_users(caller)
    return _decide_all(found, users, scope), UserList(users, began, caller.now() - began)


def _decide_all(
    found: Iterable[Interface], users: VpcUsers, scope: Scope
) -> list[ScannedInterface]:
    return [
        ScannedInterface(each, names, decide(each, names, scope.ours, scope.own))
        for each in found
        for names in [users.get(each.config, ())]
    ]


def _may_go(seen: ScannedInterface) -> bool:
    """Whether a newer list of users may let an interface be deleted or detached."""
    return seen.decision in (DELETE, DETACH) or (seen.decision == WAIT and seen.interface.is_free)


VpcUsers = Mapping[NetworkConfig, tuple[str, ...]]


def find_vpc_users(caller: AwsCaller) -> VpcUsers:
    """Return the users of every pair in the account and region, ``name`` or ``name:version``.

    A published version keeps the VpcConfig that its function had, whatever becomes of the function.
    """
    client = caller.client("lambda")
    found: dict[NetworkConfig, list[str]] = {}
    marker: dict[str, str] = {}
    while True:
        page = caller.call(
            "lambda", "lambda", client.list_functions, FunctionVersion="ALL", **marker
        )
        for each in page["Functions"]:
            version = each.get("Version", "$LATEST")
            name = each["FunctionName"]
            holder = name if version == "$LATEST" else f"{name}:{version}"
            for pair in network_configs_of(each.get("VpcConfig")):
                found.setdefault(pair, []).append(holder)
        if not page.get("NextMarker"):
            return {pair: tuple(sorted(set(names))) for pair, names in found.items()}
        marker = {"Marker": page["NextMarker"]}


DELETE = "delete"
DETACH = "detach"
WAIT = "wait"
KEEP = "keep"
# Lambda's instances hold old interfaces by these; only AWS may detach "ela-attach-…".
_DETACHABLE = "eni-attach-"


def decide(
    interface: Interface,
    holders: Sequence[str],
    ours: Collection[NetworkConfig],
    own: Collection[str],
) -> str:
    """Return DELETE, DETACH, WAIT or KEEP.

    :param holders: who uses the interface's pair, as ``find_vpc_users`` names them
    :param ours: the pairs whose interfaces are waited for
    :param own: the functions that were detached
    """
    if holders:
        # Our own functions are out by now: Lambda's list just does not say so yet.
        return WAIT if interface.config in ours and set(holders) <= set(own) else KEEP
    if interface.is_free:
        return DELETE
    if interface.config not in ours:
        return KEEP
    if (
        interface.kind == OLD_STYLE
        and interface.status == "in-use"
        and interface.attachment.startswith(_DETACHABLE)
    ):
        return DETACH
    return WAIT


def explain(interface: Interface, holders: Sequence[str], decision: str) -> str:
    """Say in a few words why."""
    if holders:
        shown = ", ".join(holders[:3]) + (f" and {len(holders) - 3} more" if holders[3:] else "")
        return f"used by {shown}"
    return {
        DELETE: "available, and no function uses its subnet and groups",
        DETACH: "no function uses its subnet and groups; Lambda's instance still holds it",
        WAIT: f"{interface.status}, Lambda has not released it",
        KEEP: f"{interface.status}, and its function is not known",
    }[decision]
