"""A DocumentDB elastic cluster: shards, their size, and the instances of each.

Source: UpdateCluster, Amazon DocumentDB Elastic Clusters API reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Invalid, Problem
from scheduled_scaling.kinds import bounds, elastic_tags
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Target
from scheduled_scaling.validation import Fields

batch = 50
tagging: Tagging | None = elastic_tags
_CLIENT = "docdb-elastic"
_MEMBERS = {
    "shards": "shardCount",
    "capacity": "shardCapacity",
    "instances": "shardInstanceCount",
}
_CAPACITIES = (2, 4, 8, 16, 32, 64)
_BROKEN = ("STOPP", "DELET", "INACCESSIBLE", "INVALID", "INCOMPATIBLE", "FAIL", "EXCEEDED")


def group(target: Target) -> str:
    return ""


def address(fields: Fields) -> Mapping[str, str]:
    return {"name": fields.text("name", r"[a-z][a-z0-9-]{0,49}", "give the cluster's name")}


def wish(fields: Fields) -> State:
    limits = {"shards": 32, "capacity": 64, "instances": 16}
    wished = {name: fields.whole(name, 1, most) for name, most in limits.items() if name in fields}
    if not wished:
        raise Invalid(fields.place, "it wants nothing", f"give {', '.join(limits)} or some of them")
    if wished.get("capacity", 2) not in _CAPACITIES:
        known = ", ".join(map(str, _CAPACITIES))
        raise Invalid(f"{fields.place}.capacity", "no such size", f"a shard has {known} vCPUs")
    return wished


def read(cloud: Cloud, targets: Sequence[Target]) -> Mapping[str, Reading | Problem]:
    client = cloud.client(_CLIENT)
    pages = client.get_paginator("list_clusters").paginate()
    arns = {
        entry["clusterName"]: entry["clusterArn"] for page in pages for entry in page["clusters"]
    }
    readings: dict[str, Reading | Problem] = {}
    for target in targets:
        name = target.where["name"]
        if name not in arns:
            readings[target.name] = Problem(
                f"there is no elastic cluster {name}", "correct the scenario, or create the cluster"
            )
            continue
        cluster = client.get_cluster(clusterArn=arns[name])["cluster"]
        state = {short: cluster.get(long) for short, long in _MEMBERS.items()}
        state |= {"status": cluster["status"], "arn": arns[name]}
        readings[target.name] = Reading(state, arns[name])
    return readings


def plan(target: Target, actual: State, wish: State) -> Plan:
    status = actual["status"]
    if status != "ACTIVE":
        if any(word in status for word in _BROKEN):
            raise Problem(f"the cluster is {status}", "bring it back to ACTIVE first")
        return Plan(waiting=f"the cluster is {status}")
    different = {name: value for name, value in wish.items() if actual[name] != value}
    if not different:
        return Plan()
    arguments = {
        "clusterArn": actual["arn"],
        **{_MEMBERS[name]: value for name, value in different.items()},
    }
    does = ", ".join(bounds.words(actual[name], value, name) for name, value in different.items())
    return Plan((Action(_CLIENT, "update_cluster", arguments, does),))


def previous(actual: State, wish: State) -> State:
    return {name: actual[name] for name in wish if actual[name] is not None}


def units(state: State, wish: State) -> Mapping[str, float]:
    shards, capacity, instances = (wish.get(name, state[name]) for name in _MEMBERS)
    return {"elastic-vcpu": shards * capacity * (instances or 1)}
