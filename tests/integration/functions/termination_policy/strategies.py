"""Strategies on their own: a policy, instances, and what leaves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from termination_policy.aws import Clients
from termination_policy.deadline import Deadline
from termination_policy.decide import chosen
from termination_policy.event import Instance
from termination_policy.policy import read_policy
from termination_policy.strategy import Desk
from tests.integration.functions.termination_policy.events import GROUP, A


def desk(now: Callable[[], float] = time.time, seconds: float = 30.0) -> Desk:
    """A desk with boto3's clients."""
    return Desk(GROUP, Deadline(seconds), Clients(read=10.0), now)


def passed(policy: str, names: Iterable[str], now: Callable[[], float] = time.time) -> list[str]:
    """The ids that every strategy of the policy lets pass, the first to go first."""
    instances = [Instance(name, *A) for name in names]
    return [one.id for one in chosen(read_policy(policy), instances, desk(now))]
