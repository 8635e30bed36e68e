"""The capacity of a DocumentDB serverless cluster, in DCUs.

Source: "Managing Amazon DocumentDB serverless", Developer Guide: 0.5 to 256 in halves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Invalid, Problem
from scheduled_scaling.kinds import bounds, docdb
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Target
from scheduled_scaling.validation import Fields

batch = docdb.BATCH
tagging: Tagging | None = docdb
_LEAST, _MOST, _STEP = 0.5, 256, 0.5


def group(target: Target) -> str:
    return ""


def address(fields: Fields) -> Mapping[str, str]:
    return {"cluster": fields.text("cluster", docdb.CLUSTER, docdb.CLUSTER_HINT).lower()}


def wish(fields: Fields) -> State:
    wished = {name: fields.number(name, _LEAST, _MOST, _STEP) for name in ("min", "max")}
    if wished["min"] > wished["max"]:
        raise Invalid(
            fields.place, f"min {wished['min']} is above max {wished['max']}", "swap them"
        )
    return wished


def read(cloud: Cloud, targets: Sequence[Target]) -> Mapping[str, Reading | Problem]:
    found, problems = docdb.clusters(cloud, targets)
    readings: dict[str, Reading | Problem] = {**problems}
    for target in targets:
        if target.name not in problems:
            cluster = found[target.where["cluster"]]
            capacity = cluster.get("ServerlessV2ScalingConfiguration") or {}
            state = {
                "min": capacity.get("MinCapacity"),
                "max": capacity.get("MaxCapacity"),
                "status": cluster["Status"],
            }
            readings[target.name] = Reading(state, cluster["DBClusterArn"])
    return readings


def plan(target: Target, actual: State, wish: State) -> Plan:
    if actual["max"] is None:
        raise Problem(
            "the cluster has no serverless capacity", "use the kind docdb-instances for it"
        )
    waiting = docdb.waits_for("the cluster", actual["status"])
    different = [name for name in ("min", "max") if actual[name] != wish[name]]
    if not different or waiting:
        return Plan(waiting=waiting)
    capacity = {"MinCapacity": wish["min"], "MaxCapacity": wish["max"]}
    arguments = {
        **docdb.address_of(target.where),
        "ServerlessV2ScalingConfiguration": capacity,
        "ApplyImmediately": True,
    }
    does = ", ".join(bounds.words(actual[name], wish[name], f"DCU {name}") for name in different)
    note = "a new maximum counts in full only after a restart" if "max" in different else ""
    return Plan((Action(docdb.CLIENT, "modify_db_cluster", arguments, does),), note=note)


def previous(actual: State, wish: State) -> State:
    return {name: actual[name] for name in ("min", "max")}


def units(state: State, wish: State) -> Mapping[str, float]:
    return {}
