"""The one interface of strategies: a stream of instances in, a stream of instances out.

A strategy drops what it does not know to be free, so whatever leaves the last one may go.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from termination_policy.deadline import Deadline
from termination_policy.event import Instance


class Desk(NamedTuple):
    """What a strategy works with, for one invocation."""

    group: str  # ARN
    deadline: Deadline
    client: Callable[[str], Any]  # boto3's, by the name of the service
    now: Callable[[], float]  # seconds since the epoch


Step = Callable[[Iterator[Instance], Desk], Iterator[Instance]]
Ask = Callable[[Sequence[Instance], Desk], Container[str]]


class Strategy(NamedTuple):
    """A step and what is to be known of it. One without services is pure: it calls nobody."""

    step: Step
    orders: bool = False  # it sorts, so it needs every instance before the first leaves
    services: tuple[str, ...] = ()  # of AWS, whose clients are made when the function starts


def proven(ask: Ask, size: int) -> Step:
    """Let pass what `ask` returns of each batch of `size`; a batch is asked when it is needed."""

    def step(instances: Iterator[Instance], desk: Desk) -> Iterator[Instance]:
        for batch in batches(instances, size):
            desk.deadline.check()
            free = ask(batch, desk)
            yield from (one for one in batch if one.id in free)

    return step


def ranked(instances: Iterable[Instance], ranks: dict[str, float]) -> Iterator[Instance]:
    """Sort by rank, the lowest first. Whatever has none is dropped."""
    return iter(sorted((one for one in instances if one.id in ranks), key=lambda i: ranks[i.id]))


def batches(things: Iterable[Instance], size: int) -> Iterator[list[Instance]]:
    """Lists of up to `size`; itertools.batched() is not in Python 3.10."""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch
