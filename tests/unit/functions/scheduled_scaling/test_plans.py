"""The plans of the other kinds, as values: state and desired_state in, calls out."""

from __future__ import annotations

from typing import Any

import pytest

from scheduled_scaling.errors import TargetError
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import Target

WHERE = {
    "ecs-service": {"cluster": "batch", "service": "workers"},
    "auto-scaling-group": {"group": "crunchers"},
    "scalable-target": {"namespace": "ecs", "resource": "r", "dimension": "d"},
    "docdb-serverless": {"cluster": "orders"},
    "docdb-elastic": {"name": "orders"},
    "docdb-cluster": {"cluster": "orders"},
}
SERVICE = {"desired": 2, "running": 2, "status": "ACTIVE", "strategy": "REPLICA"}
GROUP = {
    "min": 1,
    "desired": 1,
    "max": 3,
    "in_service": 1,
    "heaviest": 1,
    "status": "",
    "suspended": [],
}
ELASTIC = {"shards": 2, "capacity": 4, "instances": 2, "status": "ACTIVE", "arn": "arn:x"}
BARE = {**SERVICE, "min": None, "max": None}
BOUND = {**SERVICE, "min": 1, "max": 4}
FAILED = {"rollout": "FAILED", "reason": "no image"}


def cluster(status: str, **instances: str) -> dict[str, Any]:
    running = status not in ("stopped", "stopping")
    return {"running": running, "status": status, "instances": instances}


ON, OFF = {"running": True}, {"running": False}

PLANS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("ecs-service", BOUND, {"desired": 2}, []),
    ("ecs-service", BARE, {"desired": 5}, ["desired 2 -> 5"]),
    ("ecs-service", BOUND, {"desired": 3}, ["desired 2 -> 3"]),
    # Bounds that would undo the count move, and no further than that.
    ("ecs-service", BOUND, {"desired": 9}, ["autoscaler's max 4 -> 9", "desired 2 -> 9"]),
    ("ecs-service", BOUND, {"desired": 0}, ["autoscaler's min 1 -> 0", "desired 2 -> 0"]),
    ("ecs-service", BOUND, {"desired": 2, "max": 8}, ["autoscaler's max 4 -> 8"]),
    ("auto-scaling-group", GROUP, {"desired": 5}, ["desired 1 -> 5, max 3 -> 5"]),
    ("auto-scaling-group", GROUP, {"min": 2}, ["min 1 -> 2, desired 1 -> 2"]),
    ("auto-scaling-group", GROUP, {"min": 1, "max": 3}, []),
    ("scalable-target", {"min": 1, "max": 3, "suspended": False}, {"max": 9}, ["max 3 -> 9"]),
    (
        "scalable-target",
        {"min": 1, "max": 3, "suspended": False},
        {"suspended": True},
        ["suspended False -> True"],
    ),
    (
        "docdb-serverless",
        {"min": 1.0, "max": 4.0, "status": "available"},
        {"min": 1, "max": 8.5},
        ["DCU max 4.0 -> 8.5"],
    ),
    ("docdb-serverless", {"min": 1.0, "max": 4.0, "status": "available"}, {"min": 1, "max": 4}, []),
    ("docdb-elastic", ELASTIC, {"shards": 4, "capacity": 4}, ["shards 2 -> 4"]),
    ("docdb-elastic", ELASTIC, {"shards": 2}, []),
    ("docdb-cluster", cluster("stopped", a="stopped"), ON, ["start the cluster"]),
    ("docdb-cluster", cluster("available", a="available"), OFF, ["stop the cluster"]),
    ("docdb-cluster", cluster("available", a="available", b="deleting"), ON, []),
    ("docdb-cluster", cluster("stopped", a="stopping"), OFF, []),
]


@pytest.mark.parametrize(("kind", "actual", "desired_state", "expected"), PLANS)
def test_plan(
    kind: str, actual: dict[str, Any], desired_state: dict[str, Any], expected: list[str]
) -> None:
    plan = KINDS[kind].plan(Target("t", kind, WHERE[kind], {}), actual, desired_state)
    assert [action.description for action in plan.actions] == expected
    assert all(action.ready for action in plan.actions)


PROBLEMS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("docdb-cluster", cluster("inaccessible-encryption-credentials"), ON, "bring it back"),
    ("ecs-service", {**BOUND, "status": "DRAINING"}, {"desired": 1}, "the service is DRAINING"),
    ("ecs-service", {**BOUND, "strategy": "DAEMON"}, {"desired": 1}, "one task per instance"),
    ("ecs-service", {**BARE, **FAILED}, {"desired": 2}, "2 of 2 tasks run, and the deployment"),
    ("ecs-service", {**BARE, **FAILED, "running": 9}, {"desired": 2}, "failed: no image"),
    (
        "auto-scaling-group",
        {**GROUP, "in_service": 2, "suspended": ["Terminate"]},
        {"desired": 1},
        "its process Terminate is suspended",
    ),
    ("ecs-service", BARE, {"desired": 1, "min": 1}, "no autoscaler is registered"),
    ("auto-scaling-group", {**GROUP, "status": "Delete in progress"}, {"min": 1}, "Delete in"),
    ("scalable-target", {"min": 1, "max": 3, "suspended": False}, {"min": 4}, "give both"),
    ("docdb-serverless", {"min": None, "max": None, "status": "available"}, {}, "no serverless"),
    ("docdb-elastic", {**ELASTIC, "status": "STOPPED"}, {"shards": 1}, "the cluster is STOPPED"),
]


@pytest.mark.parametrize(("kind", "actual", "desired_state", "words"), PROBLEMS)
def test_a_wrong_state_is_reported(
    kind: str, actual: dict[str, Any], desired_state: dict[str, Any], words: str
) -> None:
    with pytest.raises(TargetError, match=words):
        KINDS[kind].plan(Target("t", kind, WHERE[kind], {}), actual, desired_state)


WAITS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("docdb-cluster", cluster("starting", a="stopped"), ON, "the cluster is starting"),
    ("docdb-cluster", cluster("stopping"), ON, "the cluster is stopping"),
    ("docdb-cluster", cluster("stopping", a="available"), OFF, "the cluster is stopping"),
    ("docdb-cluster", cluster("starting"), OFF, "the cluster is starting"),
    ("docdb-cluster", cluster("modifying"), OFF, "the cluster is modifying"),
    ("docdb-cluster", cluster("available", a="creating", b="x"), ON, "a is creating, b is x"),
    ("docdb-cluster", cluster("available", a="modifying"), OFF, "a is modifying"),
    ("ecs-service", {**BARE, "running": 1}, {"desired": 2}, "1 of 2 tasks run"),
    ("ecs-service", {**BARE, "running": 0}, {"desired": 2}, "0 of 2 tasks run"),
    ("ecs-service", {**BARE, "running": 20}, {"desired": 2}, "18 tasks to end"),
    ("ecs-service", {**BARE, "desired": 0, "running": 1}, {"desired": 0}, "1 tasks to end"),
    (
        "ecs-service",
        {**BARE, "rollout": "IN_PROGRESS", "new": 2},
        {"desired": 2},
        "2 of 2 tasks of a deployment in progress run",
    ),
    (
        "ecs-service",
        {**BARE, "desired": 0, "running": 0, "rollout": "IN_PROGRESS", "new": 0},
        {"desired": 0},
        "",
    ),
    ("ecs-service", {**BARE, **FAILED, "desired": 0, "running": 0}, {"desired": 0}, ""),
    ("auto-scaling-group", {**GROUP, "desired": 3}, {"desired": 3}, "1 of 3 instances in service"),
    (
        "auto-scaling-group",
        {**GROUP, "in_service": 2},
        {"desired": 1},
        "2 instances still in service, not 1",
    ),
    ("auto-scaling-group", {**GROUP, "in_service": 8, "heaviest": 8}, {"desired": 1}, ""),
    (
        "auto-scaling-group",
        {**GROUP, "in_service": 16, "heaviest": 8},
        {"desired": 1},
        "16 instances still in service, not 1",
    ),
    (
        "auto-scaling-group",
        {**GROUP, "in_service": 9, "heaviest": 8},
        {"desired": 1},
        "9 instances still in service, not 1",
    ),
]


@pytest.mark.parametrize(("kind", "actual", "desired_state", "words"), WAITS)
def test_a_capacity_that_is_not_there_yet_or_still_there_is_waited_for(
    kind: str, actual: dict[str, Any], desired_state: dict[str, Any], words: str
) -> None:
    plan = KINDS[kind].plan(Target("t", kind, WHERE[kind], {}), actual, desired_state)
    assert (plan.waiting, plan.actions) == (words, ())


def test_an_elastic_cluster_that_is_at_work_is_waited_for() -> None:
    kind = KINDS["docdb-elastic"]
    target = Target("t", "docdb-elastic", WHERE["docdb-elastic"], {})
    plan = kind.plan(target, {**ELASTIC, "status": "UPDATING"}, {"shards": 4})
    assert (plan.waiting, plan.actions) == ("the cluster is UPDATING", ())


@pytest.mark.parametrize(
    ("kind", "actual", "desired_state"),
    [(kind, actual, desired_state) for kind, actual, desired_state, expected in PLANS if expected],
)
def test_previous_is_a_wish_that_leaves_the_state_alone(
    kind: str, actual: dict[str, Any], desired_state: dict[str, Any]
) -> None:
    before = KINDS[kind].state_to_restore(actual, desired_state)
    plan = KINDS[kind].plan(Target("t", kind, WHERE[kind], {}), actual, before)
    assert plan.reached


@pytest.mark.parametrize(("kind", "actual", "desired_state", "expected"), PLANS)
def test_what_is_paid_for_is_counted_as_it_is_and_as_it_will_be(
    kind: str, actual: dict[str, Any], desired_state: dict[str, Any], expected: list[str]
) -> None:
    before, after = (
        KINDS[kind].billed_units(actual, {}),
        KINDS[kind].billed_units(actual, desired_state),
    )
    assert set(before) == set(after)
    if not expected:
        assert before == after


@pytest.mark.parametrize(
    ("actual", "note"), [(BARE, "no autoscaler is registered for it"), (BOUND, "")]
)
def test_a_service_without_an_autoscaler_is_noted(actual: dict[str, Any], note: str) -> None:
    kind = KINDS["ecs-service"]
    target = Target("t", "ecs-service", WHERE["ecs-service"], {})
    assert kind.plan(target, actual, {"desired": 2}).note == note


MEMBER = {"class": "db.r6g.large", "tier": 1, "status": "available", "writer": False}
CLUSTER: dict[str, Any] = {
    "status": "available",
    "engine": "docdb",
    "instances": [
        {**MEMBER, "id": "orders-1", "writer": True},
        {**MEMBER, "id": "orders-scaled-1", "class": "db.r6g.xlarge"},
    ],
}


def docdb(desired_state: dict[str, Any]) -> Any:
    target = Target("t", "docdb-instances", {"cluster": "orders"}, {"out": desired_state})
    return KINDS["docdb-instances"].plan(target, CLUSTER, desired_state)


def test_a_cluster_without_a_writer_may_have_one_again() -> None:
    without = {**CLUSTER, "instances": [{**each, "writer": False} for each in CLUSTER["instances"]]}
    target = Target("t", "docdb-instances", {"cluster": "orders"}, {})
    desired = {"tiers": {"*": 1}}
    with pytest.raises(TargetError, match="the cluster has no writer now") as caught:
        KINDS["docdb-instances"].plan(target, without, desired)
    assert caught.value.transient


def test_a_reader_without_our_tag_is_nobody_s_to_delete() -> None:
    with pytest.raises(TargetError, match="1 readers were not created by this function"):
        docdb({"readers": 0})


@pytest.mark.parametrize("name", ["orders-2", "orders-scaled-x", "orders-scaled-0", "other-1"])
def test_a_name_that_no_step_creates_is_named(name: str) -> None:
    for state in ({"tiers": {name: 1}}, {"classes": {name: "db.x"}}, {"writer": name}):
        with pytest.raises(TargetError, match=f"the cluster has no instance {name}"):
            docdb({"readers": 3, **state})


@pytest.mark.parametrize(("number", "known"), [(3, True), (4, True), (5, False)])
def test_numbers_that_others_have_are_passed_over(number: int, known: bool) -> None:
    """Three readers, besides one that a person called orders-scaled-1."""
    state = {"readers": 3, "tiers": {f"orders-scaled-{number}": 1}}
    if known:
        assert docdb(state).actions
    else:
        with pytest.raises(TargetError, match="the cluster has no instance orders-scaled-5"):
            docdb(state)


@pytest.mark.parametrize(
    ("desired_state", "units"),
    [
        ({}, {"db.r6g.large": 1, "db.r6g.xlarge": 1}),
        ({"readers": 3}, {"db.r6g.large": 3, "db.r6g.xlarge": 1}),
        ({"readers": 0}, {"db.r6g.large": 1}),
        ({"class": "db.x", "readers": 2}, {"db.x": 3}),
        ({"classes": {"orders-1": "db.y"}}, {"db.y": 1, "db.r6g.xlarge": 1}),
    ],
)
def test_instances_are_billed_by_their_class(
    desired_state: dict[str, Any], units: dict[str, int]
) -> None:
    assert KINDS["docdb-instances"].billed_units(CLUSTER, desired_state) == units
    assert KINDS["docdb-instances"].billed_units({"instances": []}, {"readers": 2}) == {}


@pytest.mark.parametrize(
    ("instances", "desired_state", "vcpus"),
    [(2, {}, 16), (None, {}, 8), (2, {"shards": 3, "capacity": 8, "instances": 1}, 24)],
)
def test_elastic_clusters_are_billed_by_vcpus(
    instances: int | None, desired_state: dict[str, int], vcpus: int
) -> None:
    found = KINDS["docdb-elastic"].billed_units({**ELASTIC, "instances": instances}, desired_state)
    assert found == {"elastic-vcpu": vcpus}


def test_the_first_fallback_becomes_the_class() -> None:
    fall_back = KINDS["docdb-instances"].fall_back
    state = {"readers": 1, "class": "a", "fallback": ["b", "c"]}
    first = fall_back(state)
    assert first == {"readers": 1, "class": "b", "fallback": ["c"]}
    second = fall_back(first)
    assert second == {"readers": 1, "class": "c", "fallback": []}
    assert fall_back(second) is None
    assert fall_back({"class": "a"}) is None
    others = [kind for name, kind in KINDS.items() if name != "docdb-instances"]
    assert {kind.fall_back(state) for kind in others} == {None}
