"""A safe order for changing a cluster's instances, found by simulation.

New readers first, then the other readers' classes, one at a time; then a failover to a reader that
is ready, so that the old writer can change as a reader; last, readers that are no longer needed are
deleted. Only instances that this function created are ever deleted. Each stage is what can be done
next; its result is simulated, and the next stage is planned from there. So a plan that is computed
again after any of its calls goes on where that one stopped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from scheduled_scaling.errors import TargetError
from scheduled_scaling.kinds.docdb import CLIENT
from scheduled_scaling.model import Action, State

ANY_OTHER = "*"
CREATED_TAG = {"Key": "surefoot:scaling", "Value": "reader"}
_MAX_STAGES = 100  # 16 instances need far fewer
_EXISTS = frozenset({"DBInstanceAlreadyExists", "DBInstanceAlreadyExistsFault"})
_GONE = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
Change = tuple[Action, "Members"]


@dataclass(frozen=True)
class Member:
    """One instance of the cluster."""

    id: str
    size: str  # its class
    tier: int
    writer: bool
    created: bool = False  # by this function: its tag says so


Members = tuple[Member, ...]


def plan_rollout(
    cluster: str,
    engine: str,
    members: Members,
    desired_state: State,
    *,
    creates_now: bool,
    changes_now: bool,
) -> tuple[Action, ...]:
    """Return every call up to the desired state, in order; only those of the first stage are ready.

    Readers that this function did not create are never deleted: a surplus of them is an error only
    when nothing else is left to do. Raises TargetError.
    """
    actions: list[Action] = []
    for stage in range(_MAX_STAGES):
        to_delete = _instances_to_delete(cluster, members, desired_state)
        changes = (
            _create_readers(cluster, engine, members, desired_state)
            or _change_reader(members, to_delete, desired_state)
            or _change_writer(cluster, members, to_delete, desired_state)
            or _delete_readers(members, to_delete)
        )
        if not changes:
            if not actions:
                _check_surplus(members, desired_state)
            return tuple(actions)
        now = creates_now if changes[0][0].call == "create_db_instance" else changes_now
        actions += [replace(action, ready=now and stage == 0) for action, _ in changes]
        members = changes[-1][1]
    raise TargetError("no order of steps leads to the desired state", "report this as a bug")


def reader_number(cluster: str, name: str) -> int:
    """Return the number in the name of a reader that this function may create, 0 for others."""
    found = re.fullmatch(rf"{re.escape(cluster)}-scaled-([1-9]\d*)", name)
    return int(found[1]) if found else 0


def _instances_to_delete(cluster: str, members: Members, desired_state: State) -> frozenset[str]:
    if "readers" not in desired_state:
        return frozenset()
    total = desired_state["readers"] + 1
    made = sorted((m for m in members if m.created), key=lambda m: reader_number(cluster, m.id))
    kept = max(total - (len(members) - len(made)), 0)
    return frozenset(member.id for member in made[kept:])


def _check_surplus(members: Members, desired_state: State) -> None:
    others = [member.id for member in members if not member.created and not member.writer]
    if len(members) - 1 > desired_state.get("readers", len(members)):
        raise TargetError(
            f"{desired_state['readers']} readers are desired, but {len(others)} readers were not "
            f"created by this function, which deletes no others: {', '.join(others)}",
            f"ask for at least {len(others)} readers, or delete some yourself",
        )


def _create_readers(
    cluster: str, engine: str, members: Members, desired_state: State
) -> list[Change]:
    missing = desired_state.get("readers", 0) + 1 - len(members)
    writer = next((member for member in members if member.writer), members[0])
    size = desired_state.get("class", writer.size)
    taken = {reader_number(cluster, member.id) for member in members}
    free = [number for number in range(1, 32) if number not in taken]
    changes: list[Change] = []
    for number in free[: max(missing, 0)]:
        name = f"{cluster}-scaled-{number}"
        tiers = desired_state.get("tiers", {})
        tier = tiers.get(name, tiers.get(ANY_OTHER))
        arguments: dict[str, Any] = {
            "DBInstanceIdentifier": name,
            "DBInstanceClass": desired_state.get("classes", {}).get(name, size),
            "Engine": engine,
            "DBClusterIdentifier": cluster,
            "Tags": [CREATED_TAG],
        }
        if tier is not None:
            arguments["PromotionTier"] = tier
        description = f"reader {name}, {arguments['DBInstanceClass']}"
        call = "create_db_instance"
        action = Action(
            CLIENT,
            call,
            arguments,
            description,
            ignored_error_codes=_EXISTS,
            duration_key="docdb-create",
        )
        made = Member(name, arguments["DBInstanceClass"], 1 if tier is None else tier, False, True)
        members = (*members, made)
        changes.append((action, members))
    return changes


def _find_differences(member: Member, desired_state: State) -> dict[str, Any]:
    size = desired_state.get("classes", {}).get(member.id, desired_state.get("class", member.size))
    tiers = desired_state.get("tiers", {})
    tier = tiers.get(member.id, tiers.get(ANY_OTHER, member.tier))
    target = {"DBInstanceClass": (member.size, size), "PromotionTier": (member.tier, tier)}
    return {name: after for name, (before, after) in target.items() if before != after}


def _modify(members: Members, member: Member, change: dict[str, Any], description: str) -> Change:
    after = replace(
        member,
        size=change.get("DBInstanceClass", member.size),
        tier=change.get("PromotionTier", member.tier),
    )
    arguments = {"DBInstanceIdentifier": member.id, **change, "ApplyImmediately": True}
    duration_key = "docdb-modify" if "DBInstanceClass" in change else "docdb-tier"
    action = Action(CLIENT, "modify_db_instance", arguments, description, duration_key=duration_key)
    return action, tuple(after if other is member else other for other in members)


def _describe_difference(member: Member, change: dict[str, Any]) -> str:
    parts = []
    if "DBInstanceClass" in change:
        parts.append(f"{member.size} -> {change['DBInstanceClass']}")
    if "PromotionTier" in change:
        parts.append(f"tier {member.tier} -> {change['PromotionTier']}")
    return ", ".join(parts)


def _change_reader(
    members: Members, to_delete: frozenset[str], desired_state: State
) -> list[Change]:
    for member in members:
        change = _find_differences(member, desired_state)
        if change and not member.writer and member.id not in to_delete:
            description = f"reader {member.id}: {_describe_difference(member, change)}"
            return [_modify(members, member, change, description)]
    return []


def _change_writer(
    cluster: str, members: Members, to_delete: frozenset[str], desired_state: State
) -> list[Change]:
    writer = next((member for member in members if member.writer), None)
    if writer is None:
        raise TargetError(
            "the cluster has no writer now", "look at it: a failover may hang", transient=True
        )
    change = _find_differences(writer, desired_state)
    readers = [member for member in members if not member.writer]
    if writer.id in to_delete or "DBInstanceClass" in change:
        # A reader that is to go is better than an outage: the writer's role comes back later.
        ready = [member for member in readers if member.id not in to_delete] or readers
        if ready:
            best = min(
                ready,
                key=lambda m: (
                    m.id != desired_state.get("writer"),
                    m.created,
                    m.tier,
                    m.id,
                ),
            )
            return [_failover(cluster, members, writer, best)]
        difference = _describe_difference(writer, change)
        description = f"writer {writer.id}: {difference} (an outage: there is no reader)"
        return [_modify(members, writer, change, description)]
    if change:
        return [
            _modify(
                members,
                writer,
                change,
                f"writer {writer.id}: {_describe_difference(writer, change)}",
            )
        ]
    return []


def _failover(cluster: str, members: Members, writer: Member, best: Member) -> Change:
    arguments = {"DBClusterIdentifier": cluster, "TargetDBInstanceIdentifier": best.id}
    description = f"writer {writer.id} -> {best.id}"
    action = Action(
        CLIENT, "failover_db_cluster", arguments, description, duration_key="docdb-failover"
    )
    return action, tuple(replace(member, writer=member is best) for member in members)


def _delete_readers(members: Members, to_delete: frozenset[str]) -> list[Change]:
    changes: list[Change] = []
    for member in members:
        if member.id in to_delete:
            arguments = {"DBInstanceIdentifier": member.id}
            description = f"remove reader {member.id}"
            action = Action(
                CLIENT, "delete_db_instance", arguments, description, ignored_error_codes=_GONE
            )
            changes.append((action, tuple(m for m in members if m.id != member.id)))
    return [(action, tuple(m for m in members if m.id not in to_delete)) for action, _ in changes]
