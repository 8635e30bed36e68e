"""What a plan costs per hour and how long it takes, as far as that is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduled_scaling.model import Action

_BUILT_IN = Path(__file__).with_name("estimates.json")


@dataclass(frozen=True)
class Rates:
    """Prices and durations: the built-in ones, overridden by the scenarios'."""

    usd_per_hour: Mapping[str, float]
    seconds: Mapping[str, float]
    note: str

    @staticmethod
    def load(own: Mapping[str, Any]) -> Rates:
        """Return the built-in rates with the scenarios' estimates over them."""
        built_in = json.loads(_BUILT_IN.read_text())
        return Rates(
            {**built_in["usd_per_hour"], **own.get("usd_per_hour", {})},
            {**built_in["seconds"], **own.get("seconds", {})},
            f"{built_in['note']} As of {built_in['as_of']}.",
        )


@dataclass(frozen=True)
class Estimate:
    """More (or fewer) dollars per hour, and seconds; None if a part of it is not known.

    A sum of the known parts would look like an answer: half a minute for a failover, when the
    instances before it take half an hour.
    """

    usd_per_hour: float | None
    seconds: float | None
    unknown: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether it says anything."""
        return bool(self.usd_per_hour) or bool(self.seconds)

    def __str__(self) -> str:
        """Return what is known as text, and what is not."""
        parts = []
        if self.usd_per_hour is not None:
            parts.append(f"{self.usd_per_hour:+.2f} USD/h")
        if self.seconds is not None:
            parts.append(f"{self.seconds:.0f} s")
        if self.unknown:
            parts.append(f"unknown: {', '.join(self.unknown)}")
        return ", ".join(parts)


def estimate(
    before: Mapping[str, float],
    after: Mapping[str, float],
    actions: Iterable[Action],
    rates: Rates,
) -> Estimate:
    """Estimate one target's plan; its actions take effect one after the other."""
    usd, seconds = 0.0, 0.0
    unknown_prices, unknown_times = set(), set()
    for unit in {*before, *after}:
        more = after.get(unit, 0) - before.get(unit, 0)
        if more and unit not in rates.usd_per_hour:
            unknown_prices.add(f"price of {unit}")
        usd += more * rates.usd_per_hour.get(unit, 0.0)
    for action in actions:
        if action.duration_key and action.duration_key not in rates.seconds:
            unknown_times.add(f"duration of {action.duration_key}")
        seconds += rates.seconds.get(action.duration_key, 0.0)
    return Estimate(
        None if unknown_prices else usd,
        None if unknown_times else seconds,
        tuple(sorted(unknown_prices | unknown_times)),
    )


def add_estimates(estimates: Iterable[Estimate]) -> Estimate:
    """Sum the costs and take the longest duration: targets change at the same time."""
    all_of = list(estimates)
    costs = [each.usd_per_hour for each in all_of]
    times = [each.seconds for each in all_of]
    known_costs = [cost for cost in costs if cost is not None]
    known_times = [time for time in times if time is not None]
    return Estimate(
        sum(known_costs) if len(known_costs) == len(costs) else None,
        max(known_times, default=0.0) if len(known_times) == len(times) else None,
        tuple(sorted({name for each in all_of for name in each.unknown})),
    )
