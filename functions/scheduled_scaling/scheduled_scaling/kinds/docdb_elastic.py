"""A DocumentDB elastic cluster: shards, their size, the instances of each, and whether it runs.

Source: UpdateCluster, StartCluster, StopCluster; Amazon DocumentDB Elastic Clusters API reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError, ValidationError
from scheduled_scaling.kinds import bounds
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Tags, Target
from scheduled_scaling.validation import MappingReader


class _Tags:
    """Tags of elastic clusters."""

    def fetch(self, aws: AwsClients, reading: Reading) -> Tags:
        response = aws.client(_CLIENT).list_tags_for_resource(resourceArn=reading.arn)
        return dict(response["tags"])

    def tag(self, reading: Reading, tags: Tags) -> Action:
        arguments = {"resourceArn": reading.arn, "tags": dict(tags)}
        return Action(_CLIENT, "tag_resource", arguments, "save the state in tags")

    def untag(self, reading: Reading, keys: Sequence[str]) -> Action:
        arguments = {"resourceArn": reading.arn, "tagKeys": list(keys)}
        return Action(_CLIENT, "untag_resource", arguments, "delete the saved state's tags")


max_batch = 50
tagging: Tagging | None = _Tags()
_CLIENT = "docdb-elastic"
_MEMBERS = {
    "shards": "shardCount",
    "capacity": "shardCapacity",
    "instances": "shardInstanceCount",
}
_CAPACITIES = (2, 4, 8, 16, 32, 64)
_STOPPED = ("STOPPED", "STOPPING")
_BROKEN = ("STOPP", "DELET", "INACCESSIBLE", "INVALID", "INCOMPATIBLE", "FAIL", "EXCEEDED")


def batch_key(target: Target) -> str:
    return ""


def resource(address: Mapping[str, str]) -> str:
    return f"docdb-elastic:{address['name']}"


def parse_address(reader: MappingReader) -> Mapping[str, str]:
    return {"name": reader.text("name", r"[a-z0-9][a-z0-9-]{0,49}", "give the cluster's name")}


def parse_desired_state(reader: MappingReader) -> State:
    limits = {"shards": 32, "capacity": 64, "instances": 16}
    desired_state: dict[str, Any] = {
        name: reader.integer(name, 1, most) for name, most in limits.items() if name in reader
    }
    if "running" in reader:
        desired_state["running"] = reader.boolean("running")
    if not desired_state:
        reader.reject_unknown()
        raise ValidationError(
            reader.place, "it is empty", f"give {', '.join(limits)}, running or some of them"
        )
    if desired_state.get("capacity", 2) not in _CAPACITIES:
        known = ", ".join(map(str, _CAPACITIES))
        raise ValidationError(
            f"{reader.place}.capacity", "no such size", f"a shard has {known} vCPUs"
        )
    return desired_state


def read(aws: AwsClients, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
    client = aws.client(_CLIENT)
    pages = client.get_paginator("list_clusters").paginate()
    arns = {
        name: entry["clusterArn"]
        for page in pages
        for entry in page["clusters"]
        # An ARN, as an output or tags give it, ends in an id.
        for name in (entry["clusterArn"].rpartition("/")[2], entry["clusterName"])
    }
    readings: dict[str, Reading | TargetError] = {}
    for target in targets:
        name = target.address["name"]
        if name not in arns:
            readings[target.name] = TargetError(
                f"there is no elastic cluster {name}", "correct the scenario, or create the cluster"
            )
            continue
        cluster = client.get_cluster(clusterArn=arns[name])["cluster"]
        state = {short: cluster.get(long) for short, long in _MEMBERS.items()}
        state |= {"status": cluster["status"], "arn": arns[name]}
        state["running"] = cluster["status"] not in _STOPPED
        readings[target.name] = Reading(state, arns[name])
    return readings


def plan(target: Target, actual: State, desired_state: State) -> Plan:
    status, running = actual["status"], desired_state.get("running")
    if status == "STOPPED" and running is False:
        return Plan()
    if status == "STOPPED" and running:
        return Plan((_switch("start_cluster", "start the cluster", actual),))
    if running is not None and status in ("STARTING", "STOPPING"):
        return Plan(waiting=f"the cluster is {status}")
    if status != "ACTIVE":
        if any(word in status for word in _BROKEN):
            raise TargetError(f"the cluster is {status}", "bring it back to ACTIVE first")
        return Plan(waiting=f"the cluster is {status}")
    different = {
        name: value
        for name, value in desired_state.items()
        if name in _MEMBERS and actual[name] != value
    }
    if not different:
        stops = running is False
        return Plan((_switch("stop_cluster", "stop the cluster", actual),) if stops else ())
    arguments = {
        "clusterArn": actual["arn"],
        **{_MEMBERS[name]: value for name, value in different.items()},
    }
    description = ", ".join(
        bounds.describe_change(actual[name], value, name) for name, value in different.items()
    )
    return Plan((Action(_CLIENT, "update_cluster", arguments, description),))


def _switch(call: str, description: str, actual: State) -> Action:
    return Action(_CLIENT, call, {"clusterArn": actual["arn"]}, description)


def state_to_restore(actual: State, desired_state: State) -> State:
    return {name: actual[name] for name in desired_state if actual[name] is not None}


def fall_back(desired_state: State) -> State | None:
    return None


def billed_units(state: State, desired_state: State) -> Mapping[str, float]:
    shards, capacity, instances = (desired_state.get(name, state[name]) for name in _MEMBERS)
    return {"elastic-vcpu": shards * capacity * (instances or 1)}
