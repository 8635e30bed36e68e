"""`cached:STORE`: what the scan found free a while ago, in the order in which it would go.

Without an argument the store is that of the variable RESULT_STORE.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from termination_policy import cached_result
from termination_policy.event import Instance
from termination_policy.stores import find
from termination_policy.strategy import Strategy, StrategyContext, sort_by_rank


def make(argument: str) -> Strategy:
    """Return the strategy. Raises ValueError for a store that cannot be."""
    store = find(argument or os.environ.get("RESULT_STORE", ""))

    def step(instances: Iterator[Instance], context: StrategyContext) -> Iterator[Instance]:
        free = cached_result.decode(
            store.read(context.client(store.service), context.group), context
        )
        return sort_by_rank(instances, {name: float(rank) for rank, name in enumerate(free)})

    return Strategy(step, orders=True, services=(store.service,))
