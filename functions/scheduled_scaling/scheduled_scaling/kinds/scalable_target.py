"""Any target of Application Auto Scaling: its minimum and maximum, and whether it is suspended.

Its tags are not used, so what it was is remembered only in the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Invalid, Problem
from scheduled_scaling.kinds import bounds, scalable
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Plan, Reading, State, Target
from scheduled_scaling.validation import Fields

batch = scalable.BATCH
tagging: Tagging | None = None
_SUSPENDED = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)


def group(target: Target) -> str:
    return target.where["namespace"]


def address(fields: Fields) -> Mapping[str, str]:
    return {name: fields.text(name) for name in ("namespace", "resource", "dimension")}


def wish(fields: Fields) -> State:
    suspended = {"suspended": fields.flag("suspended")} if "suspended" in fields else {}
    wished = bounds.take(fields, "min", "max") if "min" in fields or "max" in fields else {}
    if not wished and not suspended:
        raise Invalid(fields.place, "it wants nothing", "give min, max or suspended")
    return {**wished, **suspended}


def read(cloud: Cloud, targets: Sequence[Target]) -> Mapping[str, Reading | Problem]:
    namespace = targets[0].where["namespace"]
    resources = sorted({target.where["resource"] for target in targets})
    found = scalable.describe(cloud, namespace, resources)
    return {
        target.name: _reading(found, target.where["resource"], target.where["dimension"])
        for target in targets
    }


def _reading(
    found: Mapping[tuple[str, str], Mapping[str, Any]], resource: str, dimension: str
) -> Reading | Problem:
    entry = found.get((resource, dimension))
    if entry is None:
        return Problem(
            f"{resource} is not registered with Application Auto Scaling for {dimension}",
            "correct resource and dimension, or register it",
        )
    suspended = entry.get("SuspendedState", {})
    state = {
        "min": entry["MinCapacity"],
        "max": entry["MaxCapacity"],
        "suspended": any(suspended.get(name) for name in _SUSPENDED),
    }
    return Reading(state, entry.get("ScalableTargetARN", ""))


def plan(target: Target, actual: State, wish: State) -> Plan:
    different = {name: value for name, value in wish.items() if actual[name] != value}
    if not different:
        return Plan()
    after = {**actual, **different}
    if after["min"] > after["max"]:
        raise Problem(
            f"the minimum {after['min']} would be above the maximum {after['max']}",
            "give both in the step",
        )
    change: dict[str, Any] = {}
    if "min" in different or "max" in different:
        change = {"MinCapacity": after["min"], "MaxCapacity": after["max"]}
    if "suspended" in different:
        change["SuspendedState"] = dict.fromkeys(_SUSPENDED, different["suspended"])
    does = ", ".join(bounds.words(actual[name], value, name) for name, value in different.items())
    where = target.where
    action = scalable.register(
        where["namespace"], where["resource"], where["dimension"], change, does
    )
    return Plan((action,))


def previous(actual: State, wish: State) -> State:
    return {name: actual[name] for name in wish}


def units(state: State, wish: State) -> Mapping[str, float]:
    return {}
