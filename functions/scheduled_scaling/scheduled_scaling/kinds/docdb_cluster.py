"""Whether a DocumentDB cluster runs. A stopped one costs its storage only.

Source: "Stopping and starting an Amazon DocumentDB cluster", Developer Guide: all instances must be
available; AWS starts a cluster again after seven days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError
from scheduled_scaling.kinds import docdb
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Target
from scheduled_scaling.validation import MappingReader

max_batch = docdb.BATCH
tagging: Tagging | None = docdb
_MEMBER = "running"


def batch_key(target: Target) -> str:
    return ""


def resource(address: Mapping[str, str]) -> str:
    return docdb.resource(address)


def parse_address(reader: MappingReader) -> Mapping[str, str]:
    return {"cluster": reader.text("cluster", docdb.CLUSTER, docdb.CLUSTER_HINT).lower()}


def parse_desired_state(reader: MappingReader) -> State:
    return {_MEMBER: reader.boolean(_MEMBER)}


def read(aws: AwsClients, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
    found, problems = docdb.clusters(aws, targets)
    instances = docdb.instances(aws, targets, problems)
    readings: dict[str, Reading | TargetError] = {**problems}
    for target in targets:
        if target.name not in problems:
            cluster = found[target.address["cluster"]]
            status = cluster["Status"]
            state = {
                # What it is, or is becoming.
                _MEMBER: status not in ("stopped", "stopping"),
                "status": status,
                "instances": {
                    name: instance["DBInstanceStatus"]
                    for name, instance in sorted(instances.items())
                    if instance["DBClusterIdentifier"] == target.address["cluster"]
                },
            }
            readings[target.name] = Reading(state, cluster["DBClusterArn"])
    return readings


def plan(target: Target, actual: State, desired_state: State) -> Plan:
    goal = "available" if desired_state[_MEMBER] else "stopped"
    others = [n for n, status in actual["instances"].items() if status not in (goal, "deleting")]
    if actual["status"] == goal:
        waits = [f"{name} is {actual['instances'][name]}" for name in others]
        # Instances of a stopped cluster have stopped with it.
        return Plan(waiting=", ".join(waits) if desired_state[_MEMBER] else "")
    if desired_state[_MEMBER] and actual["status"] == "stopped":
        return Plan((_call(target, "start_db_cluster", "start the cluster"),))
    if not desired_state[_MEMBER] and actual["status"] == "available":
        busy = [n for n, status in actual["instances"].items() if status != "available"]
        if busy:
            waiting = ", ".join(f"{name} is {actual['instances'][name]}" for name in busy)
            return Plan(waiting=waiting)
        return Plan((_call(target, "stop_db_cluster", "stop the cluster"),))
    if actual["status"] in ("starting", "stopping"):
        return Plan(waiting=f"the cluster is {actual['status']}")
    return Plan(waiting=docdb.describe_wait("the cluster", actual["status"]))


def _call(target: Target, call: str, description: str) -> Action:
    arguments = docdb.cluster_arguments(target.address)
    duration_key = f"docdb-{description.split(maxsplit=1)[0]}"
    return Action(docdb.CLIENT, call, arguments, description, duration_key=duration_key)


def state_to_restore(actual: State, desired_state: State) -> State:
    return {_MEMBER: actual[_MEMBER]}


def fall_back(desired_state: State) -> State | None:
    return None


def billed_units(state: State, desired_state: State) -> Mapping[str, float]:
    return {}
