"""The safe order for the instances of a cluster, found by playing it through.

New readers first, then the others' classes, one at a time; then a failover to a reader that is
ready, so that the old writer can change as a reader; at last the readers that are not needed any
more. Only instances made here are ever deleted. Each stage is what can be done next; the change is
imagined, and the next stage is planned from there. So a plan that is made anew after any of its
calls goes on where that one stopped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from scheduled_scaling.errors import Problem
from scheduled_scaling.kinds.docdb import CLIENT
from scheduled_scaling.model import Action, State

ANY_OTHER = "*"
CREATED = {"Key": "surefoot:scaling", "Value": "reader"}
_MOST_STAGES = 100  # 16 instances need far fewer
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


Members = tuple[Member, ...]


def ordered(
    cluster: str,
    engine: str,
    members: Members,
    wish: State,
    *,
    creates_now: bool,
    changes_now: bool,
) -> tuple[Action, ...]:
    """Return every call up to the wanted state, in order; those after the first stage for later.

    Raises Problem: more readers would have to go than were made here.
    """
    actions: list[Action] = []
    for stage in range(_MOST_STAGES):
        doomed = _doomed(cluster, members, wish)
        changes = (
            _creations(cluster, engine, members, wish)
            or _changed_readers(members, doomed, wish)
            or _changed_writer(cluster, members, doomed, wish)
            or _deletions(members, doomed)
        )
        if not changes:
            return tuple(actions)
        now = creates_now if changes[0][0].call == "create_db_instance" else changes_now
        actions += [replace(action, now=now and stage == 0) for action, _ in changes]
        members = changes[-1][1]
    raise Problem("no order of steps leads to the wanted state", "report this as a defect")


def _made_here(cluster: str, member: Member) -> int:
    """Return the number of an instance made here, 0 for any other."""
    found = re.fullmatch(rf"{re.escape(cluster)}-scaled-(\d+)", member.id)
    return int(found[1]) if found else 0


def _doomed(cluster: str, members: Members, wish: State) -> frozenset[str]:
    if "readers" not in wish:
        return frozenset()
    total = wish["readers"] + 1
    made = sorted(
        (m for m in members if _made_here(cluster, m)), key=lambda m: _made_here(cluster, m)
    )
    kept = total - (len(members) - len(made))
    if kept < 0:
        raise Problem(
            f"{wish['readers']} readers are wanted, and {len(members) - len(made) - 1} of the "
            "instances besides the writer were not made by this function, which deletes no others",
            f"want at least {len(members) - len(made) - 1} readers, or delete some yourself",
        )
    return frozenset(member.id for member in made[kept:])


def _creations(cluster: str, engine: str, members: Members, wish: State) -> list[Change]:
    missing = wish.get("readers", 0) + 1 - len(members)
    writer = next((member for member in members if member.writer), members[0])
    size = wish.get("class", writer.size)
    taken = {_made_here(cluster, member) for member in members}
    free = [number for number in range(1, 32) if number not in taken]
    changes: list[Change] = []
    for number in free[: max(missing, 0)]:
        name = f"{cluster}-scaled-{number}"
        tiers = wish.get("tiers", {})
        tier = tiers.get(name, tiers.get(ANY_OTHER))
        arguments: dict[str, Any] = {
            "DBInstanceIdentifier": name,
            "DBInstanceClass": wish.get("classes", {}).get(name, size),
            "Engine": engine,
            "DBClusterIdentifier": cluster,
            "Tags": [CREATED],
        }
        if tier is not None:
            arguments["PromotionTier"] = tier
        does = f"reader {name}, {arguments['DBInstanceClass']}"
        call = "create_db_instance"
        action = Action(CLIENT, call, arguments, does, fine=_EXISTS, takes="docdb-create")
        made = Member(name, arguments["DBInstanceClass"], 1 if tier is None else tier, False)
        members = (*members, made)
        changes.append((action, members))
    return changes


def _differences(member: Member, wish: State) -> dict[str, Any]:
    size = wish.get("classes", {}).get(member.id, wish.get("class", member.size))
    tiers = wish.get("tiers", {})
    tier = tiers.get(member.id, tiers.get(ANY_OTHER, member.tier))
    wanted = {"DBInstanceClass": (member.size, size), "PromotionTier": (member.tier, tier)}
    return {name: after for name, (before, after) in wanted.items() if before != after}


def _modified(members: Members, member: Member, change: dict[str, Any], does: str) -> Change:
    after = replace(
        member,
        size=change.get("DBInstanceClass", member.size),
        tier=change.get("PromotionTier", member.tier),
    )
    arguments = {"DBInstanceIdentifier": member.id, **change, "ApplyImmediately": True}
    takes = "docdb-modify" if "DBInstanceClass" in change else "docdb-tier"
    action = Action(CLIENT, "modify_db_instance", arguments, does, takes=takes)
    return action, tuple(after if other is member else other for other in members)


def _words(member: Member, change: dict[str, Any]) -> str:
    parts = []
    if "DBInstanceClass" in change:
        parts.append(f"{member.size} -> {change['DBInstanceClass']}")
    if "PromotionTier" in change:
        parts.append(f"tier {member.tier} -> {change['PromotionTier']}")
    return ", ".join(parts)


def _changed_readers(members: Members, doomed: frozenset[str], wish: State) -> list[Change]:
    for member in members:
        change = _differences(member, wish)
        if change and not member.writer and member.id not in doomed:
            does = f"reader {member.id}: {_words(member, change)}"
            return [_modified(members, member, change, does)]
    return []


def _changed_writer(
    cluster: str, members: Members, doomed: frozenset[str], wish: State
) -> list[Change]:
    writer = next((member for member in members if member.writer), None)
    if writer is None:
        raise Problem("the cluster has no writer now", "look at it: a failover hangs", passing=True)
    change = _differences(writer, wish)
    readers = [member for member in members if not member.writer]
    if writer.id in doomed or "DBInstanceClass" in change:
        # A reader that is to go is better than an outage: the writer's role comes back later.
        ready = [member for member in readers if member.id not in doomed] or readers
        if ready:
            best = min(
                ready,
                key=lambda m: (
                    m.id != wish.get("writer"),
                    _made_here(cluster, m) > 0,
                    m.tier,
                    m.id,
                ),
            )
            return [_failover(cluster, members, writer, best)]
        does = f"writer {writer.id}: {_words(writer, change)} (an outage: there is no reader)"
        return [_modified(members, writer, change, does)]
    if change:
        return [_modified(members, writer, change, f"writer {writer.id}: {_words(writer, change)}")]
    return []


def _failover(cluster: str, members: Members, writer: Member, best: Member) -> Change:
    arguments = {"DBClusterIdentifier": cluster, "TargetDBInstanceIdentifier": best.id}
    does = f"writer {writer.id} -> {best.id}"
    action = Action(CLIENT, "failover_db_cluster", arguments, does, takes="docdb-failover")
    return action, tuple(replace(member, writer=member is best) for member in members)


def _deletions(members: Members, doomed: frozenset[str]) -> list[Change]:
    changes: list[Change] = []
    for member in members:
        if member.id in doomed:
            arguments = {"DBInstanceIdentifier": member.id}
            does = f"remove reader {member.id}"
            action = Action(CLIENT, "delete_db_instance", arguments, does, fine=_GONE)
            changes.append((action, tuple(m for m in members if m.id != member.id)))
    return [(action, tuple(m for m in members if m.id not in doomed)) for action, _ in changes]
