"""`not_tagged:KEY` and `tagged:KEY`, each also with `=VALUE`: by tags of the instance.

The first keeps what is protected, the second takes what a drain controller or a worker marks.
An instance that EC2 does not describe has unknown tags, so it is dropped by both.
"""

from __future__ import annotations

from collections.abc import Sequence

from termination_policy.event import Instance
from termination_policy.instances import BATCH_SIZE, describe_instances
from termination_policy.strategy import Strategy, StrategyContext, filter_in_batches


def absent(argument: str) -> Strategy:
    """Let pass what does not have the tag. Raises ValueError without a key."""
    return _make("not_tagged", argument, wanted=False)


def present(argument: str) -> Strategy:
    """Let pass what has the tag. Raises ValueError without a key."""
    return _make("tagged", argument, wanted=True)


def _make(name: str, argument: str, *, wanted: bool) -> Strategy:
    key, equals, value = argument.partition("=")
    if not key:
        raise ValueError(f"{name}:KEY or {name}:KEY=VALUE")

    def ask(instances: Sequence[Instance], context: StrategyContext) -> set[str]:
        free = set()
        for found in describe_instances(instances, context):
            tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
            if (key in tags and (not equals or tags[key] == value)) is wanted:
                free.add(found["InstanceId"])
        return free

    return Strategy(filter_in_batches(ask, BATCH_SIZE), services=("ec2",))
