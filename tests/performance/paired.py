"""Interleaved samples and what can be said of them: medians, quartiles, ratios of pairs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rie.console import print_progress


@dataclass(frozen=True)
class Spread:
    """A median and the quartiles around it."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


Samples = dict[str, list[dict[str, float]]]


def interleave(
    title: str, rounds: int, takes: Mapping[str, Callable[[], dict[str, float]]]
) -> Samples:
    """Take a sample of each in turn, `rounds` times, after one of each that does not count.

    What drifts on the machine drifts for all; `title` is shown as progress.
    """
    samples: Samples = {name: [] for name in takes}
    for number in range(rounds + 1):
        print_progress(f"{title}: {'warming up' if number == 0 else f'round {number} of {rounds}'}")
        for name, take in takes.items():
            sample = take()
            if number:
                samples[name].append(sample)
    return samples


def values(samples: Samples, name: str, what: str) -> list[float]:
    """One quantity of one contender, round by round."""
    return [sample[what] for sample in samples[name]]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours over theirs, pair by pair."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]
