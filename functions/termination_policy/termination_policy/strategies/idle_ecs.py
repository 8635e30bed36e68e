"""`idle_ecs:CLUSTER`: container instances that run no task and have none pending.

One whose agent is not connected is dropped: what ECS says of its tasks is old.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from termination_policy.event import Instance
from termination_policy.strategy import Strategy, StrategyContext, filter_in_batches

if TYPE_CHECKING:
    from types_boto3_ecs import ECSClient
    from types_boto3_ecs.type_defs import ContainerInstanceTypeDef

BATCH_SIZE = 100  # Source: "DescribeContainerInstances", Amazon ECS API Reference
STATES = frozenset({"ACTIVE", "DRAINING"})


def make(argument: str) -> Strategy:
    """Return the strategy for a cluster, by name or ARN. Raises ValueError without one."""
    if not argument:
        raise ValueError("idle_ecs:CLUSTER")

    def ask(instances: Sequence[Instance], context: StrategyContext) -> set[str]:
        return {
            found["ec2InstanceId"]
            for found in _found(argument, instances, context)
            if found["runningTasksCount"] == 0
            and found["pendingTasksCount"] == 0
            and found["agentConnected"] is True
            and found["status"] in STATES
        }

    return Strategy(filter_in_batches(ask, BATCH_SIZE), services=("ecs",))


def _found(
    cluster: str, instances: Sequence[Instance], context: StrategyContext
) -> Iterator[ContainerInstanceTypeDef]:
    client: ECSClient = context.client("ecs")
    # Source: "Create expressions to define container instances", Amazon ECS Developer Guide.
    names = ", ".join(f"'{one.id}'" for one in instances)
    pages = client.get_paginator("list_container_instances").paginate(
        cluster=cluster,
        filter=f"ec2InstanceId in [{names}] and runningTasksCount == 0",
        PaginationConfig={"PageSize": BATCH_SIZE},
    )
    for page in pages:
        context.deadline.check()
        if page["containerInstanceArns"]:
            answer = client.describe_container_instances(
                cluster=cluster, containerInstances=page["containerInstanceArns"]
            )
            yield from answer["containerInstances"]
        context.deadline.check()
