"""`oldest` and `newest`: by LaunchTime of EC2's DescribeInstances, as the event has no time.

An instance that was stopped and started has the time of its last start. Times are kept for the life
of the process, so that an invocation that met its deadline leaves the next one less to ask.
"""

from __future__ import annotations

from collections.abc import Iterator

from termination_policy.event import Instance
from termination_policy.instances import BATCH_SIZE, describe_instances
from termination_policy.strategy import Strategy, StrategyContext, batches, sort_by_rank

MAX_KNOWN = 100_000  # launch times in memory, some 15 MB


def oldest(argument: str) -> Strategy:
    """First what was launched first. Raises ValueError for an argument."""
    return _make("oldest", argument, 1)


def newest(argument: str) -> Strategy:
    """First what was launched last. Raises ValueError for an argument."""
    return _make("newest", argument, -1)


def _make(name: str, argument: str, sign: int) -> Strategy:
    if argument:
        raise ValueError(f"{name}, without an argument")
    known: dict[str, float] = {}

    def step(instances: Iterator[Instance], context: StrategyContext) -> Iterator[Instance]:
        wanted = list(instances)
        if len(known) > MAX_KNOWN:
            known.clear()
        for batch in batches((one for one in wanted if one.id not in known), BATCH_SIZE):
            for found in describe_instances(batch, context):
                known[found["InstanceId"]] = sign * found["LaunchTime"].timestamp()
        return sort_by_rank(wanted, known)

    return Strategy(step, orders=True, services=("ec2",))
