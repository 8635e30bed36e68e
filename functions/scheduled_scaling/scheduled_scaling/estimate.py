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
    """More (or fewer) dollars per hour, and seconds; `unknown` is not included in them."""

    usd_per_hour: float
    seconds: float
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        """Return both as text, with what is unknown."""
        cost, time = f"{self.usd_per_hour:+.2f} USD/h", f"{self.seconds:.0f} s"
        if not self.unknown:
            return f"{cost}, {time}"
        known = [cost] * bool(self.usd_per_hour) + [time] * bool(self.seconds)
        text = f"{', '.join(known)} as far as known; " if known else ""
        return f"{text}unknown: {', '.join(self.unknown)}"


def estimate(
    before: Mapping[str, float],
    after: Mapping[str, float],
    actions: Iterable[Action],
    rates: Rates,
) -> Estimate:
    """Estimate one target's plan; its actions take effect one after the other."""
    usd, seconds = 0.0, 0.0
    unknown = set()
    for unit in {*before, *after}:
        more = after.get(unit, 0) - before.get(unit, 0)
        if more and unit not in rates.usd_per_hour:
            unknown.add(f"price of {unit}")
        usd += more * rates.usd_per_hour.get(unit, 0.0)
    for action in actions:
        if action.duration_key and action.duration_key not in rates.seconds:
            unknown.add(f"duration of {action.duration_key}")
        seconds += rates.seconds.get(action.duration_key, 0.0)
    return Estimate(usd, seconds, tuple(sorted(unknown)))


def add_estimates(estimates: Iterable[Estimate]) -> Estimate:
    """Sum the costs and take the longest duration: targets change at the same time."""
    usd, seconds, unknown = 0.0, 0.0, set()
    for each in estimates:
        usd += each.usd_per_hour
        seconds = max(seconds, each.seconds)
        unknown |= set(each.unknown)
    return Estimate(usd, seconds, tuple(sorted(unknown)))
