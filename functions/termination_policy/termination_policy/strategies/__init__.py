"""Every strategy by the name that POLICY calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from termination_policy.strategies import (
    any_instance,
    cached,
    drained,
    idle_ecs,
    launched,
    metric_below,
    not_busy,
    tags,
)
from termination_policy.strategy import Strategy

# Each takes the text after the colon, and raises ValueError(how to write it) where it makes none.
STRATEGIES: Mapping[str, Callable[[str], Strategy]] = {
    "any": any_instance.make,
    "oldest": launched.oldest,
    "newest": launched.newest,
    "idle_ecs": idle_ecs.make,
    "not_tagged": tags.absent,
    "tagged": tags.present,
    "metric_below": metric_below.make,
    "drained": drained.make,
    "not_busy": not_busy.make,
    "cached": cached.make,
}
