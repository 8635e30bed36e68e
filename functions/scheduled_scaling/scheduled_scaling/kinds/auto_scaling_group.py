"""An EC2 Auto Scaling group: minimum, desired capacity and maximum, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Problem
from scheduled_scaling.kinds import bounds, group_tags
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Target
from scheduled_scaling.validation import Fields

batch = 100  # groups in a page
tagging: Tagging | None = group_tags
_MEMBERS = {"min": "MinSize", "desired": "DesiredCapacity", "max": "MaxSize"}


def group(target: Target) -> str:
    return ""


def address(fields: Fields) -> Mapping[str, str]:
    return {"group": fields.text("group", r"[^:/]{1,255}", "give the group's name, not its ARN")}


def wish(fields: Fields) -> State:
    return bounds.take(fields, "desired", "min", "max")


def read(cloud: Cloud, targets: Sequence[Target]) -> Mapping[str, Reading | Problem]:
    names = [target.where["group"] for target in targets]
    answer = cloud.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=names, MaxRecords=batch
    )
    found = {entry["AutoScalingGroupName"]: entry for entry in answer["AutoScalingGroups"]}
    return {target.name: _reading(found, target.where["group"]) for target in targets}


def _reading(found: Mapping[str, Mapping[str, Any]], name: str) -> Reading | Problem:
    entry = found.get(name)
    if entry is None:
        return Problem(f"there is no Auto Scaling group {name}", "correct the scenario")
    state: dict[str, Any] = {short: entry[long] for short, long in _MEMBERS.items()}
    state["status"] = entry.get("Status", "")
    state["suspended"] = sorted(p["ProcessName"] for p in entry.get("SuspendedProcesses", []))
    tags = {tag["Key"]: tag["Value"] for tag in entry.get("Tags", [])}
    # The name serves as the ARN: it is what the calls for tags take.
    return Reading(state, name, tags)


def plan(target: Target, actual: State, wish: State) -> Plan:
    if actual["status"]:
        raise Problem(f"the group's status is {actual['status']}", "it cannot be scaled any more")
    desired = wish.get("desired", actual["desired"])
    low, high = bounds.around(desired, actual["min"], actual["max"], dict(wish))
    if low > high:
        raise Problem(
            f"the minimum {low} would be above the maximum {high}", "give both in the step"
        )
    # AWS itself moves the capacity into bounds that exclude it.
    wanted = {"min": low, "desired": min(max(desired, low), high), "max": high}
    different = {name: value for name, value in wanted.items() if actual[name] != value}
    note = ", ".join(actual["suspended"])
    note = f"suspended there: {note}" if note else ""
    if not different:
        return Plan(note=note)
    does = ", ".join(bounds.words(actual[name], value, name) for name, value in different.items())
    arguments = {
        "AutoScalingGroupName": target.where["group"],
        **{_MEMBERS[name]: value for name, value in different.items()},
    }
    action = Action(
        "autoscaling", "update_auto_scaling_group", arguments, does, takes="group-desired"
    )
    return Plan((action,), note=note)


def previous(actual: State, wish: State) -> State:
    return {name: actual[name] for name in _MEMBERS}


def units(state: State, wish: State) -> Mapping[str, float]:
    return {"group-instance": wish.get("desired", state["desired"])}
