"""`cached:STORE`: what the companion found free a while ago, in the order in which it would go.

Without an argument the store is that of the variable VERDICT_STORE.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from termination_policy import cached_result
from termination_policy.event import Instance
from termination_policy.stores import find
from termination_policy.strategy import Desk, Strategy, ranked


def make(argument: str) -> Strategy:
    """Return the strategy. Raises ValueError for a store that cannot be."""
    store = find(argument or os.environ.get("VERDICT_STORE", ""))

    def step(instances: Iterator[Instance], desk: Desk) -> Iterator[Instance]:
        free = cached_result.decode(store.read(desk.client(store.service), desk.group), desk)
        return ranked(instances, {name: float(rank) for rank, name in enumerate(free)})

    return Strategy(step, orders=True, services=(store.service,))
