"""What a plan costs by the hour and how long it takes, as far as that is known."""

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
    """Prices and durations: those built in, overridden by the scenarios' own."""

    usd_per_hour: Mapping[str, float]
    seconds: Mapping[str, float]
    note: str

    @staticmethod
    def load(own: Mapping[str, Any]) -> Rates:
        """Read what is built in and put the scenarios' estimates over it."""
        built_in = json.loads(_BUILT_IN.read_text())
        return Rates(
            {**built_in["usd_per_hour"], **own.get("usd_per_hour", {})},
            {**built_in["seconds"], **own.get("seconds", {})},
            f"{built_in['note']} As of {built_in['as_of']}.",
        )


@dataclass(frozen=True)
class Estimate:
    """Dollars per hour more (or less) and seconds; `unknown` is what both leave out."""

    usd_per_hour: float
    seconds: float
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        """Both in words, with what is missing."""
        cost, time = f"{self.usd_per_hour:+.2f} USD/h", f"{self.seconds:.0f} s"
        if not self.unknown:
            return f"{cost}, {time}"
        known = [cost] * bool(self.usd_per_hour) + [time] * bool(self.seconds)
        told = f"{', '.join(known)} as far as known; " if known else ""
        return f"{told}unknown: {', '.join(self.unknown)}"


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
        if action.takes and action.takes not in rates.seconds:
            unknown.add(f"duration of {action.takes}")
        seconds += rates.seconds.get(action.takes, 0.0)
    return Estimate(usd, seconds, tuple(sorted(unknown)))


def together(estimates: Iterable[Estimate]) -> Estimate:
    """Add up targets: costs in sum, durations side by side."""
    usd, seconds, unknown = 0.0, 0.0, set()
    for each in estimates:
        usd += each.usd_per_hour
        seconds = max(seconds, each.seconds)
        unknown |= set(each.unknown)
    return Estimate(usd, seconds, tuple(sorted(unknown)))
