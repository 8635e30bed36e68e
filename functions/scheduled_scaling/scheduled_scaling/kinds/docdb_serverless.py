"""The capacity of a DocumentDB serverless cluster, in DCUs.

Source: "Managing Amazon DocumentDB serverless", Developer Guide: 0.5 to 256 in halves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError, ValidationError
from scheduled_scaling.kinds import bounds, docdb
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Target
from scheduled_scaling.validation import MappingReader

max_batch = docdb.BATCH
tagging: Tagging | None = docdb
_LEAST, _MOST, _STEP = 0.5, 256, 0.5


def batch_key(target: Target) -> str:
    return ""


def resource(address: Mapping[str, str]) -> str:
    return docdb.resource(address)


def parse_address(reader: MappingReader) -> Mapping[str, str]:
    return {"cluster": reader.text("cluster", docdb.CLUSTER, docdb.CLUSTER_HINT).lower()}


def parse_desired_state(reader: MappingReader) -> State:
    desired_state = {name: reader.number(name, _LEAST, _MOST, _STEP) for name in ("min", "max")}
    if desired_state["min"] > desired_state["max"]:
        raise ValidationError(
            reader.place,
            f"min {desired_state['min']} is above max {desired_state['max']}",
            "swap them",
        )
    return desired_state


def read(aws: AwsClients, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
    found, problems = docdb.clusters(aws, targets)
    readings: dict[str, Reading | TargetError] = {**problems}
    for target in targets:
        if target.name not in problems:
            cluster = found[target.address["cluster"]]
            capacity = cluster.get("ServerlessV2ScalingConfiguration") or {}
            state = {
                "min": capacity.get("MinCapacity"),
                "max": capacity.get("MaxCapacity"),
                "status": cluster["Status"],
            }
            readings[target.name] = Reading(state, cluster["DBClusterArn"])
    return readings


def plan(target: Target, actual: State, desired_state: State) -> Plan:
    if actual["max"] is None:
        raise TargetError(
            "the cluster has no serverless capacity", "use the kind docdb-instances for it"
        )
    waiting = docdb.describe_wait("the cluster", actual["status"])
    different = [name for name in ("min", "max") if actual[name] != desired_state[name]]
    if not different or waiting:
        return Plan(waiting=waiting)
    capacity = {"MinCapacity": desired_state["min"], "MaxCapacity": desired_state["max"]}
    arguments = {
        **docdb.cluster_arguments(target.address),
        "ServerlessV2ScalingConfiguration": capacity,
        "ApplyImmediately": True,
    }
    description = ", ".join(
        bounds.describe_change(actual[name], desired_state[name], f"DCU {name}")
        for name in different
    )
    note = "a new maximum counts in full only after a restart" if "max" in different else ""
    return Plan((Action(docdb.CLIENT, "modify_db_cluster", arguments, description),), note=note)


def state_to_restore(actual: State, desired_state: State) -> State:
    return {name: actual[name] for name in ("min", "max")}


def fall_back(desired_state: State) -> State | None:
    return None


def billed_units(state: State, desired_state: State) -> Mapping[str, float]:
    return {}
