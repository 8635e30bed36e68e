"""The instances of a DocumentDB cluster: their class, the number of readers, promotion tiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Invalid, Problem
from scheduled_scaling.kinds import docdb, docdb_rollout_plan
from scheduled_scaling.kinds.docdb_rollout_plan import ANY_OTHER, Member
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Plan, Reading, State, Target
from scheduled_scaling.validation import Fields

batch = docdb.BATCH
tagging: Tagging | None = docdb
_CLASS = r"db\.([a-z][a-z0-9]*\.[a-z0-9]+|serverless)"
_CLASS_HINT = "write it like db.r6g.large"
_MOST_READERS = 15
_LAST_TIER = 15


def group(target: Target) -> str:
    return ""


def address(fields: Fields) -> Mapping[str, str]:
    return {"cluster": fields.text("cluster", docdb.CLUSTER, docdb.CLUSTER_HINT).lower()}


def wish(fields: Fields) -> State:
    wished: dict[str, Any] = {}
    if "class" in fields:
        wished["class"] = fields.text("class", _CLASS, _CLASS_HINT)
    if "readers" in fields:
        wished["readers"] = fields.whole("readers", 0, _MOST_READERS)
    if "writer" in fields:
        wished["writer"] = fields.text("writer", docdb.CLUSTER, "give an instance's identifier")
    if "tiers" in fields:
        tiers = fields.inside("tiers")
        names = [ANY_OTHER] if ANY_OTHER in tiers else []
        wished["tiers"] = {name: tiers.whole(name, 0, _LAST_TIER) for name in names}
        wished["tiers"] |= {name: tiers.whole(name, 0, _LAST_TIER) for name in tiers.names()}
    if "classes" in fields:
        classes = fields.inside("classes")
        wished["classes"] = {
            name: classes.text(name, _CLASS, _CLASS_HINT) for name in classes.names()
        }
    if not wished:
        raise Invalid(
            fields.place, "it wants nothing", "give class, readers or tiers, or some of them"
        )
    return wished


def read(cloud: Cloud, targets: Sequence[Target]) -> Mapping[str, Reading | Problem]:
    found, problems = docdb.clusters(cloud, targets)
    wanted = sorted({t.where["cluster"] for t in targets if t.name not in problems})
    instances: dict[str, dict[str, Any]] = {}
    if wanted:
        pages = cloud.client(docdb.CLIENT).get_paginator("describe_db_instances")
        for page in pages.paginate(Filters=[{"Name": "db-cluster-id", "Values": wanted}]):
            instances |= {entry["DBInstanceIdentifier"]: entry for entry in page["DBInstances"]}
    readings: dict[str, Reading | Problem] = {**problems}
    for target in targets:
        if target.name not in problems:
            cluster = found[target.where["cluster"]]
            readings[target.name] = Reading(_state(cluster, instances), cluster["DBClusterArn"])
    return readings


def _state(cluster: Mapping[str, Any], instances: Mapping[str, Mapping[str, Any]]) -> State:
    members = []
    for entry in cluster["DBClusterMembers"]:
        instance = instances.get(entry["DBInstanceIdentifier"])
        if instance is None:  # it came or went between the two calls
            continue
        pending = (instance.get("PendingModifiedValues") or {}).get("DBInstanceClass")
        members.append(
            {
                "id": instance["DBInstanceIdentifier"],
                "class": instance["DBInstanceClass"],
                "tier": instance.get("PromotionTier", entry.get("PromotionTier", 1)),
                "status": instance["DBInstanceStatus"],
                "writer": entry["IsClusterWriter"],
                **({"pending": pending} if pending else {}),
            }
        )
    members.sort(key=lambda member: str(member["id"]))
    return {"status": cluster["Status"], "engine": cluster["Engine"], "instances": members}


def plan(target: Target, actual: State, wish: State) -> Plan:
    waiting = docdb.waits_for("the cluster", actual["status"])
    members = []
    for entry in actual["instances"]:
        if entry["status"] == "deleting":
            continue
        told = docdb.waits_for(entry["id"], entry["status"])
        if not told and entry.get("pending"):
            told = f"{entry['id']} becomes {entry['pending']}"
        waiting = waiting or told
        members.append(
            Member(
                entry["id"],
                entry.get("pending") or entry["class"],
                entry["tier"],
                entry["writer"],
            )
        )
    if not members:
        raise Problem("the cluster has no instance", "add its first one by hand")
    cluster_waits = actual["status"] != "available"
    actions = docdb_rollout_plan.ordered(
        target.where["cluster"],
        actual["engine"],
        tuple(members),
        wish,
        creates_now=not cluster_waits,
        changes_now=not waiting,
    )
    return Plan(actions, waiting)


def previous(actual: State, wish: State) -> State:
    members = actual["instances"]
    writer = next((entry for entry in members if entry["writer"]), members[0])
    before: dict[str, Any] = {}
    if "readers" in wish:
        before["readers"] = len(members) - 1
    if "class" in wish or "classes" in wish or "readers" in wish:
        common = Counter(entry["class"] for entry in members).most_common(1)[0][0]
        before |= {"class": common, "writer": writer["id"]}
        others = {entry["id"]: entry["class"] for entry in members if entry["class"] != common}
        if others:
            before["classes"] = others
    if "tiers" in wish:
        before["tiers"] = {entry["id"]: entry["tier"] for entry in members}
    return before or {"writer": writer["id"]}


def units(state: State, wish: State) -> Mapping[str, float]:
    sizes = [
        wish.get("classes", {}).get(entry["id"], wish.get("class", entry["class"]))
        for entry in sorted(state["instances"], key=lambda entry: not entry["writer"])
    ]
    total = wish.get("readers", len(sizes) - 1) + 1
    return Counter([*sizes, *[sizes[0]] * (total - len(sizes))][:total] if sizes else [])
