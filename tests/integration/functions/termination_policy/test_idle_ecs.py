from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event, names
from tests.integration.functions.termination_policy.strategies import passed
from tests.support.awsanswer import answer


@pytest.mark.parametrize(
    ("members", "free"),
    [
        ({}, True),
        ({"running_tasks_count": 1}, False),
        ({"pending_tasks_count": 1}, False),
        ({"running_tasks_count": 1, "pending_tasks_count": 1}, False),
        ({"agent_connected": False}, False),
        ({"status": "DRAINING"}, True),
        ({"status": "REGISTERING"}, False),
    ],
)
def test_only_what_is_known_to_be_idle_goes(
    fleet: Fleet, members: dict[str, Any], free: bool
) -> None:
    made = seed.instances(1)
    seed.container_instances(made, {0: members})
    assert passed(f"idle_ecs:{seed.CLUSTER}", made) == (made if free else [])


def test_an_instance_that_is_not_in_the_cluster_stays(fleet: Fleet) -> None:
    made = seed.instances(2)
    seed.container_instances(made[:1], {})
    assert passed(f"idle_ecs:{seed.CLUSTER}", made) == made[:1]


def test_ecs_is_asked_for_100_by_name(fleet: Fleet) -> None:
    made = names(101)
    bodies: list[dict[str, Any]] = []

    def cluster(operation: str) -> Any:
        asked = json.loads(fleet.wire.sent[-1][1])
        bodies.append(asked)
        if operation == "ListContainerInstances":
            return answer(200, json.dumps({"containerInstanceArns": ["arn:1"]}))
        idle = {"runningTasksCount": 0, "pendingTasksCount": 0, "agentConnected": True}
        found = {"ec2InstanceId": made[0], "status": "ACTIVE", **idle}
        return answer(200, json.dumps({"containerInstances": [found]}))

    fleet.wire.trouble = cluster
    assert passed(f"idle_ecs:{seed.CLUSTER}", made) == made[:1]
    pair = ["ListContainerInstances", "DescribeContainerInstances"]
    assert fleet.wire.operations == pair * 2
    listed = ", ".join(f"'{name}'" for name in made[:100])
    wanted = f"ec2InstanceId in [{listed}]"
    assert (bodies[0]["filter"], bodies[0]["maxResults"]) == (wanted, 100)
    assert bodies[1]["containerInstances"] == ["arn:1"]


def test_no_more_is_asked_once_the_quota_is_full(fleet: Fleet) -> None:
    made = seed.instances(101)
    seed.container_instances(made[:3], {})
    fleet.wire.sent.clear()
    sent = event({A: 2}, [(name, A) for name in made])
    assert fleet.decide(sent, f"idle_ecs:{seed.CLUSTER}") == made[:2]
    assert fleet.wire.operations == ["ListContainerInstances", "DescribeContainerInstances"]


DAEMON = {"group": "service:agent", "startedBy": "ecs-svc/1"}
LOGS = {"group": "service:logs", "startedBy": "ecs-svc/2"}
WORK = {"group": "service:web", "startedBy": "ecs-svc/3"}
BY_HAND = {"group": "service:agent", "startedBy": "operator"}
RUN_TASK = {"group": "family:job"}


# ruff: noqa: N802, ARG002 (methods are named after the operations they answer)
class Cluster:
    """ECS with DAEMON services `agent` and `logs`; instances by id with counts and tasks."""

    def __init__(self, fleet: Fleet, tasks: dict[str, list[dict[str, str]]]) -> None:
        self.fleet, self.tasks = fleet, tasks
        self.stopping: dict[str, int] = {}
        self.pending: dict[str, int] = {}
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        fleet.wire.trouble = self.answer

    def answer(self, operation: str) -> Any:
        asked = json.loads(self.fleet.wire.sent[-1][1])
        self.bodies.append((operation, asked))
        return answer(200, json.dumps(getattr(self, operation)(asked)))

    def ListContainerInstances(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"containerInstanceArns": [f"ci/{name}" for name in self.tasks]}

    def DescribeContainerInstances(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "containerInstances": [
                {
                    "containerInstanceArn": f"ci/{name}",
                    "ec2InstanceId": name,
                    "status": "ACTIVE",
                    "agentConnected": True,
                    "runningTasksCount": len(tasks) + self.stopping.get(name, 0),
                    "pendingTasksCount": self.pending.get(name, 0),
                }
                for name, tasks in self.tasks.items()
            ]
        }

    def ListServices(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["schedulingStrategy"] == "DAEMON"
        first = "nextToken" not in asked
        arn = f"arn:aws:ecs:eu-west-1:1:service/{seed.CLUSTER}/{'agent' if first else 'logs'}"
        return {"serviceArns": [arn], **({"nextToken": "more"} if first else {})}

    def ListTasks(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["containerInstance"].removeprefix("ci/")
        return {"taskArns": [f"{name}/{number}" for number in range(len(self.tasks[name]))]}

    def DescribeTasks(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [one.partition("/") for one in asked["tasks"]]
        return {"tasks": [self.tasks[name][int(number)] for name, _, number in found]}


@pytest.mark.parametrize(
    ("tasks", "free"),
    [
        ([DAEMON], True),
        ([DAEMON, LOGS], True),
        ([DAEMON, WORK], False),
        ([WORK], False),
        ([RUN_TASK], False),
        ([BY_HAND], False),
        ([{}], False),
        ([DAEMON, LOGS, WORK], False),
    ],
)
def test_tasks_of_daemon_services_are_no_work(
    fleet: Fleet, tasks: list[dict[str, str]], free: bool
) -> None:
    (name,) = names(1)
    Cluster(fleet, {name: tasks})
    assert passed(f"idle_ecs:{seed.CLUSTER}", [name]) == ([name] if free else [])


def test_a_task_that_is_counted_and_not_listed_may_still_work(fleet: Fleet) -> None:
    one, two = names(2)
    cluster = Cluster(fleet, {one: [DAEMON], two: [DAEMON]})
    cluster.stopping[one] = 1
    assert passed(f"idle_ecs:{seed.CLUSTER}", [one, two]) == [two]
    cluster.stopping.clear()
    cluster.pending[two] = 1
    assert passed(f"idle_ecs:{seed.CLUSTER}", [one, two]) == [one]


def test_daemon_services_are_listed_once_and_tasks_only_until_the_quota_is_full(
    fleet: Fleet,
) -> None:
    made = names(50)
    cluster = Cluster(fleet, {name: [DAEMON] for name in made})
    sent = event({A: 2}, [(name, A) for name in made])
    assert fleet.decide(sent, f"idle_ecs:{seed.CLUSTER}") == made[:2]
    assert fleet.wire.operations == [
        *("ListContainerInstances", "DescribeContainerInstances"),
        *("ListServices", "ListServices"),
        *("ListTasks", "DescribeTasks") * 2,
    ]
    assert all(asked["cluster"] == seed.CLUSTER for _, asked in cluster.bodies)


def test_a_cluster_without_daemons_needs_no_list_of_tasks(fleet: Fleet) -> None:
    made = seed.instances(2)
    seed.container_instances(made, {0: {"running_tasks_count": 3}})
    fleet.wire.sent.clear()
    assert passed(f"idle_ecs:{seed.CLUSTER}", made) == made[1:]
    assert "ListTasks" not in fleet.wire.operations
