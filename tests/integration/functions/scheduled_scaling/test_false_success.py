"""A step is done only if its capacity is there, and only what this function created is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.errors import ScalingFailed
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.test_night import BEFORE, OUT

WORKERS = """
version: 1
scenarios:
  nightly-batch:
    targets:
      workers:
        kind: ecs-service
        cluster: batch
        service: workers
        steps: {scale-out: {desired: 20}}
"""
GROUP = """
version: 1
scenarios:
  day:
    targets:
      crunchers:
        kind: auto-scaling-group
        group: crunchers
        steps: {up: {min: 3, desired: 5, max: 10}}
"""
CLUSTER = """
version: 1
scenarios:
  nightly-batch:
    targets:
      orders-db:
        kind: docdb-instances
        cluster: orders
        steps: {scale-out: STATE}
"""


def change_answers(operation: str, change: Callable[[Any], None]) -> None:
    """Let AWS answer an operation as `change` leaves it."""
    session: Any = boto3.DEFAULT_SESSION

    def after_call(parsed: Any, **_: Any) -> None:
        change(parsed)

    session.events.register(f"after-call.{operation}", after_call)


def running(count: Callable[[], int], rollout: str = "COMPLETED") -> None:
    def change(parsed: Any) -> None:
        for service in parsed.get("services", []):
            service["runningCount"] = count()
            service["deployments"] = [
                {
                    "status": "PRIMARY",
                    "rolloutState": rollout,
                    "rolloutStateReason": "no capacity",
                    "runningCount": count(),
                },
                {"status": "ACTIVE", "runningCount": 0},
            ]

    change_answers("ecs.DescribeServices", change)


def test_a_service_whose_tasks_do_not_run_yet_is_waited_for(night: Night) -> None:
    night.set(continue_by="return")
    night.scenarios(WORKERS)
    seed.ecs_services()
    now = [2]
    running(lambda: now[0])
    first = night.step("scale-out")
    assert (first["status"], first["done"]) == ("in progress", False)
    second = night.send(first["next"])
    assert second["targets"][0]["waiting"] == "2 of 20 tasks run"
    now[0] = 20
    third = night.send(second["next"])
    assert (third["status"], third["targets"][0]["after"]["running"]) == ("done", 20)


def test_a_service_whose_deployment_failed_is_a_failure_with_ecs_s_reason(night: Night) -> None:
    night.scenarios(WORKERS)
    seed.ecs_services()
    running(lambda: 0, "FAILED")
    with pytest.raises(ScalingFailed, match="0 of 20 tasks run, and the deployment failed: no cap"):
        night.step("scale-out")


def test_fewer_tasks_are_reached_when_the_others_have_ended(night: Night) -> None:
    """A database that comes after them must not become smaller before."""
    night.set(continue_by="return")
    night.scenarios(WORKERS.replace("20", "1"))
    seed.ecs_services()
    now = [2]
    running(lambda: now[0])
    first = night.step("scale-out")
    second = night.send(first["next"])
    assert (second["done"], second["targets"][0]["waiting"]) == (False, "1 tasks to end")
    now[0] = 1
    assert night.send(second["next"])["status"] == "done"


@pytest.mark.parametrize(
    ("rollout", "status"), [("COMPLETED", "done"), ("IN_PROGRESS", "in progress")]
)
def test_a_service_is_reached_when_its_deployment_is_completed(
    night: Night, rollout: str, status: str
) -> None:
    night.set(continue_by="return")
    night.scenarios(WORKERS)
    seed.ecs_services()
    running(lambda: 20, rollout)
    first = night.step("scale-out")
    last = first if first["done"] else night.send(first["next"])
    assert last["status"] == status


def group_instances(parsed: Any, *, healthy: int, weight: str | None = None) -> None:
    for group in parsed.get("AutoScalingGroups", []):
        group["Instances"] = [
            {
                "InstanceId": f"i-{number}",
                "LifecycleState": "InService" if number % 2 == 0 else "Pending",
                "HealthStatus": "Healthy",
                **({"WeightedCapacity": weight} if weight else {}),
            }
            for number in range(2 * healthy)
        ]


def test_a_group_whose_instances_are_not_in_service_is_waited_for(night: Night) -> None:
    night.set(continue_by="return")
    night.scenarios(GROUP)
    seed.auto_scaling_group()
    healthy = [1]
    change_answers(
        "autoscaling.DescribeAutoScalingGroups",
        lambda parsed: group_instances(parsed, healthy=healthy[0]),
    )
    first = night.send({"scenario": "day", "step": "up"})
    assert first["done"] is False
    waiting = night.send(first["next"])
    desired = waiting["targets"][0]["desired_state"]["desired"]
    assert waiting["targets"][0]["waiting"] == f"1 of {desired} instances in service"
    healthy[0] = desired
    assert night.send(waiting["next"])["status"] == "done"


def test_capacity_may_be_counted_in_weights(night: Night) -> None:
    night.scenarios(GROUP)
    seed.auto_scaling_group()
    change_answers(
        "autoscaling.DescribeAutoScalingGroups",
        lambda parsed: group_instances(parsed, healthy=1, weight="64"),
    )
    assert night.send({"scenario": "day", "step": "up"})["status"] == "done"


def test_a_group_that_may_not_launch_is_a_failure(night: Night) -> None:
    night.scenarios(GROUP)
    seed.auto_scaling_group()

    def change(parsed: Any) -> None:
        group_instances(parsed, healthy=1)
        for group in parsed.get("AutoScalingGroups", []):
            group["SuspendedProcesses"] = [{"ProcessName": "Launch"}]

    change_answers("autoscaling.DescribeAutoScalingGroups", change)
    with pytest.raises(ScalingFailed, match="its process Launch is suspended; resume it"):
        night.send({"scenario": "day", "step": "up"})


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("{tiers: {orders-3: 0}}", "orders-3"),
        ("{tiers: {order-1: 0, '*': 1}}", "order-1"),
        ("{class: db.r6g.large, writer: orders-9}", "orders-9"),
        ("{classes: {orders-11: db.r6g.large}}", "orders-11"),
        ("{readers: 2, tiers: {orders-scaled-0: 1}}", "orders-scaled-0"),
        ("{readers: 2, tiers: {orders-scaled-9: 1}}", "orders-scaled-9"),
        ("{readers: 3, writer: orders-scaled-4}", "orders-scaled-4"),
        ("{classes: {orders-scaled-1: db.r6g.large}}", "orders-scaled-1"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_an_instance_that_does_not_exist_is_named(
    night: Night, state: str, name: str, dry_run: bool
) -> None:
    night.scenarios(CLUSTER.replace("STATE", state))
    seed.docdb_cluster()
    night.faults.reset()
    with pytest.raises(ScalingFailed, match=rf"the cluster has no instance {name}; "):
        night.step("scale-out", dry_run=dry_run)
    assert night.faults.changes() == []


def test_a_reader_that_the_step_creates_may_be_named(night: Night) -> None:
    state = "{readers: 2, tiers: {orders-scaled-1: 5}, writer: orders-1}"
    night.scenarios(CLUSTER.replace("STATE", state))
    seed.docdb_cluster()
    night.step("scale-out")
    assert seed.instances()["orders-scaled-1"][1] == 5


def test_restore_ignores_instances_that_have_been_deleted_since(night: Night) -> None:
    seed.night()
    night.step("scale-out")
    seed.client("docdb").delete_db_instance(DBInstanceIdentifier="orders-2")
    assert night.step("restore")["status"] == "done"


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("typo", ["db.r6g.lagre", "db.r66g.2xlarge"])
def test_a_class_that_the_engine_does_not_offer_is_named_before_anything_changes(
    night: Night, typo: str, dry_run: bool
) -> None:
    night.scenarios(CLUSTER.replace("STATE", f"{{class: {typo}, readers: 1}}"))
    seed.docdb_cluster()
    night.faults.reset()
    with pytest.raises(ScalingFailed, match=rf"neptune does not offer the class {typo} here; "):
        night.step("scale-out", dry_run=dry_run)
    assert night.faults.changes() == []


def test_a_reader_that_a_person_called_like_ours_is_never_deleted(night: Night) -> None:
    seed.docdb_cluster()
    seed.client("docdb").create_db_instance(
        DBInstanceIdentifier="orders-scaled-1",
        DBInstanceClass="db.r6g.large",
        Engine=seed.ENGINE,
        DBClusterIdentifier="orders",
    )
    night.scenarios(CLUSTER.replace("STATE", "{readers: 1}"))
    night.faults.reset()
    with pytest.raises(ScalingFailed, match="2 readers were not created by this function"):
        night.step("scale-out")
    assert night.faults.changes() == []
    night.scenarios(CLUSTER.replace("STATE", "{readers: 3}"))
    night.step("scale-out")
    assert set(seed.instances()) == {
        *("orders-1", "orders-2", "orders-scaled-1", "orders-scaled-2"),
    }
    night.scenarios(CLUSTER.replace("STATE", "{readers: 2}"))
    night.step("scale-out")
    assert set(seed.instances()) == {"orders-1", "orders-2", "orders-scaled-1"}


def test_a_restore_without_any_saved_state_is_not_called_done(night: Night) -> None:
    seed.night()
    answer = night.step("restore")
    assert (answer["status"], answer["done"]) == ("nothing to restore", True)
    night.step("scale-out")
    assert seed.instances() == OUT
    assert night.step("restore")["status"] == "done"
    assert seed.instances() == BEFORE


FAR_AHEAD = "2031-01-01T00:00:00Z"


def rule(step: str, time: str) -> dict[str, Any]:
    detail = {"scenario": "nightly-batch", "step": step}
    return {"id": f"{step} at {time}", "source": "rule", "time": time, "detail": detail}


def test_an_event_dated_ahead_does_not_mute_later_ones(night: Night) -> None:
    seed.table()
    night.set(table=seed.TABLE)
    seed.night()
    assert night.send(rule("scale-out", FAR_AHEAD))["status"] == "done"
    night.time.sleep(60)
    assert night.step("restore", request_id="two")["status"] == "done"
    assert seed.instances() == BEFORE


def test_a_time_in_the_table_that_is_far_ahead_is_ignored(night: Night) -> None:
    """Such an item may be left from a version that took any time."""
    seed.table()
    night.set(table=seed.TABLE)
    seed.night()
    item = {"owner": {"S": "x"}, "until": {"N": "1"}, "at": {"N": "1e10"}, "heir": {"N": "1e10"}}
    seed.client("dynamodb").put_item(
        TableName=seed.TABLE, Item={"pk": {"S": "lease#nightly-batch"}, **item}
    )

    def slowly(_number: int, _operation: str) -> None:
        night.time.sleep(6)  # the lease is renewed before each target

    night.faults.decide = slowly
    assert night.step("scale-out")["status"] == "done"
    assert seed.instances() == OUT


def test_a_class_that_waits_for_the_maintenance_window_is_applied_now(night: Night) -> None:
    night.scenarios(CLUSTER.replace("STATE", "{class: db.r6g.2xlarge}"))
    seed.docdb_cluster(instances=1)
    pending = [True]

    def change(parsed: Any) -> None:
        for instance in parsed.get("DBInstances", []):
            if pending:
                instance["PendingModifiedValues"] = {"DBInstanceClass": "db.r6g.2xlarge"}

    change_answers("docdb.DescribeDBInstances", change)
    night.faults.reset()
    night.faults.after = lambda _number, operation: (
        pending.clear() if operation == "ModifyDBInstance" else None
    )
    assert night.step("scale-out")["status"] == "done"
    (body,) = [body for operation, body in night.faults.done if operation == "ModifyDBInstance"]
    assert "ApplyImmediately=true" in body
    assert "DBInstanceClass=db.r6g.2xlarge" in body
    assert "DBInstanceIdentifier=orders-1" in body


def test_an_instance_that_disappears_in_between_does_not_end_the_target(night: Night) -> None:
    seed.night()
    refused = [("DBInstanceNotFound", "DBInstance orders-2 not found.")]
    night.faults.decide = lambda _number, operation: (
        refused.pop() if operation == "ModifyDBInstance" and refused else None
    )
    assert night.step("scale-out")["status"] == "done"
    assert seed.instances() == OUT
