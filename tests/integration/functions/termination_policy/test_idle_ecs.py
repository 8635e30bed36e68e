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
    wanted = f"ec2InstanceId in [{listed}] and runningTasksCount == 0"
    assert (bodies[0]["filter"], bodies[0]["maxResults"]) == (wanted, 100)
    assert bodies[1]["containerInstances"] == ["arn:1"]


def test_no_more_is_asked_once_the_quota_is_full(fleet: Fleet) -> None:
    made = seed.instances(101)
    seed.container_instances(made[:3], {})
    fleet.wire.sent.clear()
    sent = event({A: 2}, [(name, A) for name in made])
    assert fleet.decide(sent, f"idle_ecs:{seed.CLUSTER}") == made[:2]
    assert fleet.wire.operations == ["ListContainerInstances", "DescribeContainerInstances"]
