"""The one interface of strategies: a stream of instances in, a stream of instances out.

A strategy drops what it does not know to be free, so what the last one yields may go.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from termination_policy.deadline import Deadline
from termination_policy.event import Instance


class StrategyContext(NamedTuple):
    """What a strategy works with, for one invocation. Times are in seconds."""

    group: str  # ARN
    deadline: Deadline
    client: Callable[[str], Any]  # boto3's, by the name of the service
    now: Callable[[], float]  # seconds since the epoch


Step = Callable[[Iterator[Instance], StrategyContext], Iterator[Instance]]
Ask = Callable[[Sequence[Instance], StrategyContext], Container[str]]


class Strategy(NamedTuple):
    """A step, and what the function needs to know about it. Without services it is pure."""

    step: Step
    orders: bool = False  # it sorts, so it needs every instance before it yields the first
    services: tuple[str, ...] = ()  # of AWS, whose clients are created when the function starts


def filter_in_batches(ask: Ask, size: int) -> Step:
    """Keep what `ask` returns of each batch of `size`; a batch is asked when it is needed."""

    def step(instances: Iterator[Instance], context: StrategyContext) -> Iterator[Instance]:
        for batch in batches(instances, size):
            context.deadline.check()
            free = ask(batch, context)
            yield from (one for one in batch if one.id in free)

    return step


def sort_by_rank(instances: Iterable[Instance], ranks: dict[str, float]) -> Iterator[Instance]:
    """Sort by rank, the lowest first. Instances without a rank are dropped."""
    return iter(sorted((one for one in instances if one.id in ranks), key=lambda i: ranks[i.id]))


def batches(things: Iterable[Instance], size: int) -> Iterator[list[Instance]]:
    """Yield lists of up to `size`; itertools.batched() is not in Python 3.10."""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch
