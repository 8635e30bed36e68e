"""Strategies on their own: a policy, instances, and what leaves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from surefoot.kit.clients import ClientOptions, Clients
from termination_policy.deadline import Deadline
from termination_policy.decide import candidates
from termination_policy.event import Instance
from termination_policy.policy import read_policy
from termination_policy.strategy import StrategyContext
from tests.integration.functions.termination_policy.events import GROUP, A


def make_context(now: Callable[[], float] = time.time, seconds: float = 30.0) -> StrategyContext:
    """A context with boto3's clients."""
    return StrategyContext(
        GROUP, Deadline(seconds), Clients(ClientOptions(read_timeout_s=10.0)), now
    )


def passed(policy: str, names: Iterable[str], now: Callable[[], float] = time.time) -> list[str]:
    """The ids that every strategy of the policy lets pass, the first to go first."""
    instances = [Instance(name, *A) for name in names]
    return [one.id for one in candidates(read_policy(policy), instances, make_context(now))]
