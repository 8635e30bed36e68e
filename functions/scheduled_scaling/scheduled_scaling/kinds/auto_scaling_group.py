"""An EC2 Auto Scaling group: minimum, desired capacity and maximum, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError
from scheduled_scaling.kinds import bounds
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Tags, Target
from scheduled_scaling.validation import MappingReader


class _Tags:
    """Tags of groups. They stay with the group: its instances do not get them."""

    def fetch(self, aws: AwsClients, reading: Reading) -> Tags:
        filters = [{"Name": _RESOURCE_TYPE, "Values": [reading.arn]}]
        response = aws.client("autoscaling").describe_tags(Filters=filters)
        return {tag["Key"]: tag["Value"] for tag in response["Tags"]}

    def tag(self, reading: Reading, tags: Tags) -> Action:
        entries = [
            {**_tag_of(reading, key), "Value": value, "PropagateAtLaunch": False}
            for key, value in tags.items()
        ]
        return Action(
            "autoscaling", "create_or_update_tags", {"Tags": entries}, "save the state in tags"
        )

    def untag(self, reading: Reading, keys: Sequence[str]) -> Action:
        entries = [_tag_of(reading, key) for key in keys]
        return Action(
            "autoscaling", "delete_tags", {"Tags": entries}, "delete the saved state's tags"
        )


def _tag_of(reading: Reading, key: str) -> dict[str, str]:
    return {"ResourceId": reading.arn, "ResourceType": _RESOURCE_TYPE, "Key": key}


max_batch = 100  # groups in a page
tagging: Tagging | None = _Tags()
_RESOURCE_TYPE = "auto-scaling-group"
_MEMBERS = {"min": "MinSize", "desired": "DesiredCapacity", "max": "MaxSize"}


def batch_key(target: Target) -> str:
    return ""


def resource(address: Mapping[str, str]) -> str:
    return f"autoscaling:{address['group']}"


def parse_address(reader: MappingReader) -> Mapping[str, str]:
    return {"group": reader.text("group", r"[^:/]{1,255}", "give the group's name, not its ARN")}


def parse_desired_state(reader: MappingReader) -> State:
    return bounds.read_bounds(reader, "desired", "min", "max")


def read(aws: AwsClients, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
    names = [target.address["group"] for target in targets]
    answer = aws.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=names, MaxRecords=max_batch
    )
    found = {entry["AutoScalingGroupName"]: entry for entry in answer["AutoScalingGroups"]}
    return {target.name: _reading(found, target.address["group"]) for target in targets}


def _reading(found: Mapping[str, Mapping[str, Any]], name: str) -> Reading | TargetError:
    entry = found.get(name)
    if entry is None:
        return TargetError(f"there is no Auto Scaling group {name}", "correct the scenario")
    state: dict[str, Any] = {short: entry[long] for short, long in _MEMBERS.items()}
    weights = [
        # DesiredCapacity counts weights if the group has any.
        int(instance.get("WeightedCapacity") or 1)
        for instance in entry.get("Instances", [])
        if instance["LifecycleState"] == "InService" and instance["HealthStatus"] == "Healthy"
    ]
    state |= {"in_service": sum(weights), "heaviest": max(weights, default=1)}
    state["status"] = entry.get("Status", "")
    state["suspended"] = sorted(p["ProcessName"] for p in entry.get("SuspendedProcesses", []))
    tags = {tag["Key"]: tag["Value"] for tag in entry.get("Tags", [])}
    # The name serves as the ARN: it is what the calls for tags take.
    return Reading(state, name, tags)


def plan(target: Target, actual: State, desired_state: State) -> Plan:
    if actual["status"]:
        raise TargetError(
            f"the group's status is {actual['status']}", "it cannot be scaled any more"
        )
    desired = desired_state.get("desired", actual["desired"])
    low, high = bounds.widen(desired, actual["min"], actual["max"], dict(desired_state))
    if low > high:
        raise TargetError(
            f"the minimum {low} would be above the maximum {high}", "give both in the step"
        )
    # AWS itself moves the capacity into bounds that exclude it.
    bounded = {"min": low, "desired": min(max(desired, low), high), "max": high}
    different = {name: value for name, value in bounded.items() if actual[name] != value}
    note = ", ".join(actual["suspended"])
    note = f"suspended there: {note}" if note else ""
    if not different:
        return Plan(waiting=_describe_wait(actual), note=note)
    description = ", ".join(
        bounds.describe_change(actual[name], value, name) for name, value in different.items()
    )
    arguments = {
        "AutoScalingGroupName": target.address["group"],
        **{_MEMBERS[name]: value for name, value in different.items()},
    }
    action = Action(
        "autoscaling",
        "update_auto_scaling_group",
        arguments,
        description,
        duration_key="group-desired",
    )
    return Plan((action,), note=note)


def _describe_wait(actual: State) -> str:
    """Return what the capacity waits for: the group accepts any; instances come, or end, later.

    With weights, a group may have more than desired by less than an instance.
    """
    in_service, desired = actual["in_service"], actual["desired"]
    if in_service < desired:
        process, waiting = "Launch", f"{in_service} of {desired} instances in service"
    elif in_service - actual["heaviest"] >= desired:
        process, waiting = "Terminate", f"{in_service} instances still in service, not {desired}"
    else:
        return ""
    if process in actual["suspended"]:
        raise TargetError(f"{waiting}, and its process {process} is suspended", "resume it")
    return waiting


def state_to_restore(actual: State, desired_state: State) -> State:
    return {name: actual[name] for name in _MEMBERS}


def fall_back(desired_state: State) -> State | None:
    return None


def billed_units(state: State, desired_state: State) -> Mapping[str, float]:
    return {"group-instance": desired_state.get("desired", state["desired"])}
