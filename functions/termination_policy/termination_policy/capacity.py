"""CAPACITY_UNITS: how much of the capacity that Auto Scaling names one instance is.

A group counts in instances, in weights of its overrides, in vCPUs or in MiB of memory, and an event
does not say in which. Sources: "Configure an Auto Scaling group to use instance weights" and
DesiredCapacityType of CreateAutoScalingGroup, Amazon EC2 Auto Scaling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from termination_policy.errors import NotCertain, ValidationError
from termination_policy.event import Request
from termination_policy.strategy import StrategyContext

if TYPE_CHECKING:
    from types_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from types_boto3_ec2 import EC2Client

VARIABLE = "CAPACITY_UNITS"
MAX_AGE_S = 60.0  # of weights in memory; the group's may be changed
BATCH_SIZE = 100  # Source: "DescribeInstanceTypes", Amazon EC2 API Reference
_USAGE = "write instances, group, or TYPE=WEIGHT for each instance type, separated by commas"

Weight = Callable[[str], int | None]  # of an instance type; None if it is not known


class Units(NamedTuple):
    """`read` returns the weights for a request, and may ask AWS if there are `services`."""

    read: Callable[[Request, StrategyContext], Weight]
    services: tuple[str, ...] = ()


def read_units(text: str) -> Units:
    """Read the setting: instances, group, or m5.large=1,m5.xlarge=2. Raises ValidationError."""
    if text in ("", "instances"):
        return Units(lambda _request, _context: _one)
    if text == "group":
        return Units(_Group().weights, ("autoscaling", "ec2"))
    weights: dict[str, int] = {}
    for word in text.split(","):
        kind, equals, weight = word.strip().partition("=")
        if not kind or not equals or not weight.isdecimal() or not int(weight):
            raise ValidationError(VARIABLE, f"{word.strip()!r} is not a weight", _USAGE)
        weights[kind] = int(weight)
    return Units(lambda _request, _context: weights.get)


def _one(_: str) -> int:
    return 1


class _Group:
    """Weights of the group itself, kept for a minute."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._weight: Weight = _one
        self._group = ""

    def weights(self, request: Request, context: StrategyContext) -> Weight:
        """Return the weights. Raises NotCertain, DeadlinePassed and botocore's errors."""
        now = context.now()
        if request.group != self._group or not 0 <= now - self._read_at < MAX_AGE_S:
            self._weight = self._ask(request, context)
            self._group, self._read_at = request.group, now
        return self._weight

    def _ask(self, request: Request, context: StrategyContext) -> Weight:
        context.deadline.check()
        found = context.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[request.name], IncludeInstances=False
        )["AutoScalingGroups"]
        if not found:
            raise NotCertain(
                f"Auto Scaling does not know the group {request.name!r}, so its units are unknown",
                f"set {VARIABLE}=instances if each instance counts as one",
            )
        unit = found[0].get("DesiredCapacityType") or "units"
        if unit == "units":
            return _overrides(found[0])
        if unit not in _SIZES:
            raise NotCertain(
                f"the group counts in {unit!r}", f"set {VARIABLE} to TYPE=WEIGHT of each type"
            )
        kinds = sorted({kind for kind in request.columns[3] if kind})
        return dict(_sizes(kinds, _SIZES[unit], context)).get


def _overrides(group: AutoScalingGroupTypeDef) -> Weight:
    """Return the weights of the group's overrides; without any each instance is one."""
    template = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    weights = {
        one["InstanceType"]: int(one["WeightedCapacity"])
        for one in template.get("Overrides", [])
        if one.get("InstanceType") and one.get("WeightedCapacity")
    }
    return weights.get if weights else _one


_SIZES: Mapping[str, Callable[[Mapping[str, Any]], int]] = {
    "vcpu": lambda found: int(found["VCpuInfo"]["DefaultVCpus"]),
    "memory-mib": lambda found: int(found["MemoryInfo"]["SizeInMiB"]),
}


def _sizes(
    kinds: list[str], size: Callable[[Mapping[str, Any]], int], context: StrategyContext
) -> Iterable[tuple[str, int]]:
    client: EC2Client = context.client("ec2")
    for batch in _batches(kinds):
        context.deadline.check()
        for found in client.describe_instance_types(InstanceTypes=batch)["InstanceTypes"]:
            yield found["InstanceType"], size(found)


def _batches(kinds: list[str]) -> Iterator[Any]:
    yield from (kinds[first : first + BATCH_SIZE] for first in range(0, len(kinds), BATCH_SIZE))
