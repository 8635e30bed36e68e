"""The instances of a DocumentDB cluster: their class, the number of readers, promotion tiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError, ValidationError, suggest
from scheduled_scaling.kinds import docdb, docdb_rollout_plan
from scheduled_scaling.kinds.docdb_rollout_plan import ANY_OTHER, CREATED_TAG, Member
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Plan, Reading, State, Target
from scheduled_scaling.validation import MappingReader

max_batch = docdb.BATCH
tagging: Tagging | None = docdb
_CLASS = r"db\.([a-z][a-z0-9]*\.[a-z0-9]+|serverless)"
_CLASS_HINT = "write it like db.r6g.large"
_MOST_READERS = 15
_LAST_TIER = 15
_WITH_NAMES = ("tiers", "writer", "classes")  # members that name instances


def batch_key(target: Target) -> str:
    return ""


def resource(address: Mapping[str, str]) -> str:
    return docdb.resource(address)


def parse_address(reader: MappingReader) -> Mapping[str, str]:
    return {"cluster": reader.text("cluster", docdb.CLUSTER, docdb.CLUSTER_HINT).lower()}


def parse_desired_state(reader: MappingReader) -> State:
    desired_state: dict[str, Any] = {}
    if "class" in reader:
        desired_state["class"] = reader.text("class", _CLASS, _CLASS_HINT)
    if "readers" in reader:
        desired_state["readers"] = reader.integer("readers", 0, _MOST_READERS)
    if "writer" in reader:
        desired_state["writer"] = reader.text(
            "writer", docdb.CLUSTER, "give an instance's identifier"
        )
    if "tiers" in reader:
        tiers = reader.mapping("tiers")
        names = [ANY_OTHER] if ANY_OTHER in tiers else []
        desired_state["tiers"] = {name: tiers.integer(name, 0, _LAST_TIER) for name in names}
        desired_state["tiers"] |= {
            name: tiers.integer(name, 0, _LAST_TIER) for name in tiers.list_names()
        }
    if "fallback" in reader:
        desired_state["fallback"] = reader.texts("fallback", _CLASS, _CLASS_HINT)
        if "class" not in desired_state:
            place = f"{reader.place}.fallback"
            raise ValidationError(place, "there is no class to fall back from", "give class, too")
    if "classes" in reader:
        classes = reader.mapping("classes")
        desired_state["classes"] = {
            name: classes.text(name, _CLASS, _CLASS_HINT) for name in classes.list_names()
        }
    if not desired_state:
        reader.reject_unknown()
        raise ValidationError(
            reader.place, "it is empty", "give class, readers or tiers, or some of them"
        )
    return desired_state


def read(aws: AwsClients, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
    found, problems = docdb.clusters(aws, targets)
    instances = docdb.instances(aws, targets, problems)
    created = {
        name
        for name, instance in instances.items()
        if docdb_rollout_plan.reader_number(instance["DBClusterIdentifier"], name)
        and _has_our_tag(aws, instance["DBInstanceArn"])
    }
    readings: dict[str, Reading | TargetError] = {**problems}
    for target in targets:
        if target.name not in problems:
            cluster = found[target.address["cluster"]]
            offers = {"not_offered": _not_offered(aws, cluster, target, instances)}
            readings[target.name] = Reading(
                {**_state(cluster, instances, created), **offers}, cluster["DBClusterArn"]
            )
    return readings


def _has_our_tag(aws: AwsClients, arn: str) -> bool:
    """Return whether this function created the instance: anyone may choose such a name."""
    response = aws.client(docdb.CLIENT).list_tags_for_resource(ResourceName=arn)
    return CREATED_TAG in response["TagList"]


def _not_offered(
    aws: AwsClients,
    cluster: Mapping[str, Any],
    target: Target,
    instances: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Return the classes in the target's steps that its engine does not offer in this Region."""
    classes = {size for state in target.desired_states.values() for size in _classes(state)}
    classes -= {instance["DBInstanceClass"] for instance in instances.values()}
    return sorted(size for size in classes if not aws.offers(cluster["Engine"], size))


def _classes(state: State) -> list[str]:
    """Return the classes that a desired state names."""
    common = [state["class"]] if "class" in state else []
    return [*common, *state.get("fallback", ()), *state.get("classes", {}).values()]


def fall_back(desired_state: State) -> State | None:
    """Return the state with the first fallback as its class.

    It holds for all instances of the common class: a cluster of mixed sizes would be slower after
    a failover.
    """
    if not desired_state.get("fallback"):
        return None
    first, *others = desired_state["fallback"]
    return {**desired_state, "class": first, "fallback": others}


def _state(
    cluster: Mapping[str, Any],
    instances: Mapping[str, Mapping[str, Any]],
    created: Collection[str],
) -> State:
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
                **({"created": True} if instance["DBInstanceIdentifier"] in created else {}),
            }
        )
    members.sort(key=lambda member: str(member["id"]))
    return {"status": cluster["Status"], "engine": cluster["Engine"], "instances": members}


def plan(target: Target, actual: State, desired_state: State) -> Plan:
    waiting = docdb.describe_wait("the cluster", actual["status"])
    members = []
    for entry in actual["instances"]:
        if entry["status"] == "deleting":
            continue
        waiting = waiting or docdb.describe_wait(entry["id"], entry["status"])
        members.append(
            Member(
                entry["id"],
                _planned_class(entry, desired_state),
                entry["tier"],
                entry["writer"],
                entry.get("created", False),
            )
        )
    if not members:
        raise TargetError("the cluster has no instance", "create its first one")
    named = [desired_state.get(member) for member in _WITH_NAMES]
    if any(named == [s.get(m) for m in _WITH_NAMES] for s in target.desired_states.values()):
        # A saved state may name instances that have been deleted since.
        _check_names(target, members, desired_state)
    for size in _classes(desired_state):
        if size in actual.get("not_offered", ()):
            raise TargetError(
                f"{actual['engine']} does not offer the class {size} here",
                "correct the scenario; DescribeOrderableDBInstanceOptions lists the classes",
            )
    cluster_waits = actual["status"] != "available"
    actions = docdb_rollout_plan.plan_rollout(
        target.address["cluster"],
        actual["engine"],
        tuple(members),
        desired_state,
        creates_now=not cluster_waits,
        changes_now=not waiting,
    )
    return Plan(actions, waiting)


def _planned_class(entry: Mapping[str, Any], desired_state: State) -> str:
    """Return the class to plan from.

    A pending class is applied in the maintenance window only, unless a call says ApplyImmediately:
    if it is the desired one, the call is still to be made; if it is another one, it must not come.
    """
    desired = desired_state.get("classes", {}).get(entry["id"], desired_state.get("class"))
    pending = entry.get("pending")
    size = pending if pending and desired and pending != desired else entry["class"]
    return str(size)


def _check_names(target: Target, members: Sequence[Member], desired_state: State) -> None:
    """Raise TargetError for an instance that neither exists nor is created by any step."""
    cluster = target.address["cluster"]
    names = {*desired_state.get("tiers", {}), *desired_state.get("classes", {})} - {ANY_OTHER}
    names |= {desired_state["writer"]} if "writer" in desired_state else set()
    known = {member.id for member in members}
    # Numbers that other people's instances have are passed over.
    most = max(state.get("readers", 0) for state in target.desired_states.values())
    most += sum(
        not member.created and docdb_rollout_plan.reader_number(cluster, member.id) > 0
        for member in members
    )
    for name in sorted(names - known):
        if not 0 < docdb_rollout_plan.reader_number(cluster, name) <= most:
            raise TargetError(f"the cluster has no instance {name}", suggest(name, known))


def state_to_restore(actual: State, desired_state: State) -> State:
    members = [entry for entry in actual["instances"] if entry["status"] != "deleting"]
    writer = next((entry for entry in members if entry["writer"]), members[0])
    before: dict[str, Any] = {}
    if "readers" in desired_state:
        before["readers"] = len(members) - 1
    if "class" in desired_state or "classes" in desired_state or "readers" in desired_state:
        common = Counter(entry["class"] for entry in members).most_common(1)[0][0]
        before |= {"class": common, "writer": writer["id"]}
        others = {entry["id"]: entry["class"] for entry in members if entry["class"] != common}
        if others:
            before["classes"] = others
    if "tiers" in desired_state:
        before["tiers"] = {entry["id"]: entry["tier"] for entry in members}
    return before or {"writer": writer["id"]}


def billed_units(state: State, desired_state: State) -> Mapping[str, float]:
    sizes = [
        desired_state.get("classes", {}).get(
            entry["id"], desired_state.get("class", entry["class"])
        )
        for entry in sorted(state["instances"], key=lambda entry: not entry["writer"])
    ]
    total = desired_state.get("readers", len(sizes) - 1) + 1
    return Counter([*sizes, *[sizes[0]] * (total - len(sizes))][:total] if sizes else [])
