"""Events of EC2 Auto Scaling, made to measure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.integration.functions.termination_policy.paths import FUNCTION

Event = dict[str, Any]
Place = tuple[str, str]
A, B = ("eu-west-1a", "on-demand"), ("eu-west-1b", "on-demand")
A_SPOT = ("eu-west-1a", "spot")
GROUP = (
    "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:"
    "d4738357-2d40-4038-ae7e-b00ae0227003:autoScalingGroupName/workers"
)


def example(name: str) -> Event:
    """One of the function's own events."""
    return dict(json.loads((FUNCTION / "events" / f"{name}.json").read_text()))


def event(
    quotas: Mapping[Place, int], instances: Iterable[tuple[str, Place]], group: str = GROUP
) -> Event:
    """A scale-in of `instances`, pairs of id and place."""
    return {
        "AutoScalingGroupARN": group,
        "AutoScalingGroupName": "workers",
        "CapacityToTerminate": [
            {"AvailabilityZone": zone, "Capacity": capacity, "InstanceMarketOption": market}
            for (zone, market), capacity in quotas.items()
        ],
        "Instances": [
            {
                "AvailabilityZone": zone,
                "InstanceId": name,
                "InstanceType": "m5.large",
                "InstanceMarketOption": market,
            }
            for name, (zone, market) in instances
        ],
        "Cause": "SCALE_IN",
    }


def names(count: int, first: int = 0) -> list[str]:
    """Ids as EC2 makes them: 17 digits that look random and are not."""
    return [f"i-{(number * 0x9E3779B97F4A7C15) % 16**17:017x}" for number in range(first, count)]


def large(count: int = 30_000, wanted: int = 1_000) -> Event:
    """A group of `count` instances in three zones and both markets, of which `wanted` go."""
    places = [(f"eu-west-1{zone}", market) for zone in "abc" for market in ("on-demand", "spot")]
    return event(
        {place: wanted // len(places) for place in places},
        ((name, places[number % len(places)]) for number, name in enumerate(names(count))),
    )
