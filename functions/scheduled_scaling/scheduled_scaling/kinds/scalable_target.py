"""Any target of Application Auto Scaling: its minimum and maximum, and whether it is suspended.

Its tags are not used: its state is saved only in the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError, ValidationError
from scheduled_scaling.kinds import bounds, scalable
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Plan, Reading, State, Target
from scheduled_scaling.validation import MappingReader

max_batch = scalable.BATCH
tagging: Tagging | None = None
_SUSPENDED = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)


def batch_key(target: Target) -> str:
    return target.address["namespace"]


def resource(address: Mapping[str, str]) -> str:
    return scalable.resource(address["namespace"], address["resource"], address["dimension"])


def parse_address(reader: MappingReader) -> Mapping[str, str]:
    return {name: reader.text(name) for name in ("namespace", "resource", "dimension")}


def parse_desired_state(reader: MappingReader) -> State:
    suspended = {"suspended": reader.boolean("suspended")} if "suspended" in reader else {}
    desired_state = (
        bounds.read_bounds(reader, "min", "max") if "min" in reader or "max" in reader else {}
    )
    if not desired_state and not suspended:
        reader.reject_unknown()
        raise ValidationError(reader.place, "it is empty", "give min, max or suspended")
    return {**desired_state, **suspended}


def read(aws: AwsClients, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
    namespace = targets[0].address["namespace"]
    resources = sorted({target.address["resource"] for target in targets})
    found = scalable.describe(aws, namespace, resources)
    return {
        target.name: _reading(found, target.address["resource"], target.address["dimension"])
        for target in targets
    }


def _reading(
    found: Mapping[tuple[str, str], Mapping[str, Any]], resource: str, dimension: str
) -> Reading | TargetError:
    entry = found.get((resource, dimension))
    if entry is None:
        return TargetError(
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


def plan(target: Target, actual: State, desired_state: State) -> Plan:
    different = {name: value for name, value in desired_state.items() if actual[name] != value}
    if not different:
        return Plan()
    after = {**actual, **different}
    if after["min"] > after["max"]:
        raise TargetError(
            f"the minimum {after['min']} would be above the maximum {after['max']}",
            "give both in the step",
        )
    change: dict[str, Any] = {}
    if "min" in different or "max" in different:
        change = {"MinCapacity": after["min"], "MaxCapacity": after["max"]}
    if "suspended" in different:
        change["SuspendedState"] = dict.fromkeys(_SUSPENDED, different["suspended"])
    description = ", ".join(
        bounds.describe_change(actual[name], value, name) for name, value in different.items()
    )
    address = target.address
    action = scalable.register(
        address["namespace"], address["resource"], address["dimension"], change, description
    )
    return Plan((action,))


def state_to_restore(actual: State, desired_state: State) -> State:
    return {name: actual[name] for name in desired_state}


def fall_back(desired_state: State) -> State | None:
    return None


def billed_units(state: State, desired_state: State) -> Mapping[str, float]:
    return {}
