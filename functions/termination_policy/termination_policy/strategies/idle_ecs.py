"""`idle_ecs:CLUSTER`: container instances that run nothing but tasks of DAEMON services.

ECS itself does not count those as work when it scales in, since each instance has one for as long
as it lives. An instance whose agent is not connected is dropped: what ECS says of its tasks is old.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from termination_policy.event import Instance
from termination_policy.strategy import Strategy, StrategyContext, batches

if TYPE_CHECKING:
    from types_boto3_ecs import ECSClient
    from types_boto3_ecs.type_defs import ContainerInstanceTypeDef, TaskTypeDef

BATCH_SIZE = (
    100  # Source: "DescribeContainerInstances" and "DescribeTasks", Amazon ECS API Reference
)
STATES = frozenset({"ACTIVE", "DRAINING"})


def make(argument: str) -> Strategy:
    """Return the strategy for a cluster, by name or ARN. Raises ValueError without one."""
    if not argument:
        raise ValueError("idle_ecs:CLUSTER")

    def step(instances: Iterator[Instance], context: StrategyContext) -> Iterator[Instance]:
        cluster = _Cluster(argument, context)
        for batch in batches(instances, BATCH_SIZE):
            found = cluster.container_instances([one.id for one in batch])
            # The tasks of one are listed when its turn comes: the quota may be full before.
            yield from (one for one in batch if one.id in found and cluster.is_idle(found[one.id]))

    return Strategy(step, services=("ecs",))


class _Cluster:
    """One cluster, for one invocation. Methods raise DeadlinePassed and botocore's errors."""

    def __init__(self, name: str, context: StrategyContext) -> None:
        self._name, self._context = name, context
        self._client: ECSClient = context.client("ecs")
        self._daemons: frozenset[str] | None = None

    def container_instances(self, instances: list[str]) -> dict[str, ContainerInstanceTypeDef]:
        """Return those that may be idle, by the id of EC2."""
        # Source: "Create expressions to define container instances", Amazon ECS Developer Guide.
        names = ", ".join(f"'{name}'" for name in instances)
        self._context.deadline.check()
        pages = self._client.get_paginator("list_container_instances").paginate(
            cluster=self._name,
            filter=f"ec2InstanceId in [{names}]",
            PaginationConfig={"PageSize": BATCH_SIZE},
        )
        found: dict[str, ContainerInstanceTypeDef] = {}
        for page in pages:
            self._context.deadline.check()
            if page["containerInstanceArns"]:
                answer = self._client.describe_container_instances(
                    cluster=self._name, containerInstances=page["containerInstanceArns"]
                )
                found |= {one["ec2InstanceId"]: one for one in answer["containerInstances"]}
            self._context.deadline.check()
        return found

    def is_idle(self, found: ContainerInstanceTypeDef) -> bool:
        """Whether all of its tasks belong to DAEMON services."""
        if found["agentConnected"] is not True or found["status"] not in STATES:
            return False
        tasks = found["runningTasksCount"] + found["pendingTasksCount"]
        if tasks == 0:
            return True
        daemons = self._daemon_services()
        if tasks > len(daemons):  # each has one task on an instance
            return False
        seen = list(self._tasks(found["containerInstanceArn"]))
        # Fewer than are counted: one that is about to stop, and may still be at work.
        return len(seen) >= tasks and all(_is_of(task, daemons) for task in seen)

    def _daemon_services(self) -> frozenset[str]:
        if self._daemons is None:
            pages = self._client.get_paginator("list_services").paginate(
                cluster=self._name,
                schedulingStrategy="DAEMON",
                PaginationConfig={"PageSize": BATCH_SIZE},
            )
            names: set[str] = set()
            for page in pages:
                self._context.deadline.check()
                names |= {arn.rpartition("/")[2] for arn in page["serviceArns"]}
            self._daemons = frozenset(names)
        return self._daemons

    def _tasks(self, container_instance: str) -> Iterator[TaskTypeDef]:
        pages = self._client.get_paginator("list_tasks").paginate(
            cluster=self._name,
            containerInstance=container_instance,
            PaginationConfig={"PageSize": BATCH_SIZE},
        )
        for page in pages:
            self._context.deadline.check()
            if page["taskArns"]:
                answer = self._client.describe_tasks(cluster=self._name, tasks=page["taskArns"])
                yield from answer["tasks"]
                # A task that could not be described counts as one that is missing.
            self._context.deadline.check()


def _is_of(task: TaskTypeDef, services: Container[str]) -> bool:
    """Whether a service of these started it: RunTask can name any group, but not `startedBy`."""
    kind, _, name = task.get("group", "").partition(":")
    by_a_service = task.get("startedBy", "").startswith("ecs-svc/")
    return kind == "service" and name in services and by_a_service
