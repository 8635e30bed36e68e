"""What a night needs to end well: leases that are shared, one resource once, patience by time."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.errors import LeaseHeld, ScalingFailed, ValidationError
from scheduled_scaling.scenarios import read_document
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.test_false_success import change_answers
from tests.integration.functions.scheduled_scaling.test_lease import scheduled
from tests.integration.functions.scheduled_scaling.test_many import many_services, scenarios

WORKERS = "kind: ecs-service, cluster: batch, service: workers"
SHARED = f"""
version: 1
scenarios:
  nightly-batch:
    lease: shared
    targets:
      workers: {{{WORKERS}, steps: {{scale-out: {{desired: 20}}}}}}
  reports:
    lease: shared
    targets:
      workers: {{{WORKERS}, steps: {{more: {{desired: 5}}}}}}
"""


def of_reports(time: str) -> dict[str, Any]:
    detail = {"scenario": "reports", "step": "more"}
    return {"id": f"reports at {time}", "source": "rule", "time": time, "detail": detail}


def shared(night: Night) -> None:
    seed.table()
    night.set(table=seed.TABLE)
    night.scenarios(SHARED)
    seed.ecs_services()


def test_a_newer_event_of_another_scenario_with_the_same_lease_waits(night: Night) -> None:
    shared(night)
    night.set(continue_by="return", max_attempts=1)
    night.faults.decide = lambda _number, operation: (
        ("ThrottlingException", "slow") if operation == "UpdateService" else None
    )
    first = night.send(scheduled("scale-out", "2026-11-23T20:00:00Z"), request_id="a")
    assert first["status"] == "in progress"
    night.time.sleep(6)
    with pytest.raises(LeaseHeld):
        night.send(of_reports("2026-11-24T05:59:00Z"), request_id="b")
    night.faults.reset_rules()
    second = night.send(first["next"], request_id="c")
    assert (second["status"], second["reached"]) == ("done", True)
    assert seed.service()[1] == 20
    third = night.send(of_reports("2026-11-24T05:59:00Z"), request_id="d")
    assert (third["status"], third["reached"]) == ("done", True)
    assert seed.service()[1] == 5


def test_an_older_event_is_not_stale_because_of_another_scenario(night: Night) -> None:
    shared(night)
    night.send(of_reports("2026-11-24T05:59:00Z"), request_id="a")
    found = night.send(scheduled("scale-out", "2026-11-23T20:00:00Z"), request_id="b")
    assert found["status"] == "done"
    assert seed.service()[1] == 20


def test_what_was_superseded_is_not_reached(night: Night) -> None:
    seed.table()
    night.set(table=seed.TABLE)
    seed.night()
    night.send(scheduled("scale-in", "2026-11-24T05:00:00Z"), request_id="a")
    found = night.send(scheduled("scale-out", "2026-11-23T20:00:00Z"), request_id="b")
    assert (found["status"], found["done"], found["reached"]) == ("superseded", True, False)


def test_an_event_that_came_before_says_whether_its_state_is_still_there(night: Night) -> None:
    seed.table()
    night.set(table=seed.TABLE)
    seed.night()
    event = scheduled("scale-out", "2026-11-23T20:00:00Z")
    assert night.send(event, request_id="a")["reached"]
    assert night.send(event, request_id="b")["reached"]
    seed.client("ecs").update_service(cluster="batch", service="workers", desiredCount=3)
    found = night.send(event, request_id="c")
    assert (found["status"], found["reached"]) == ("already done", False)
    assert seed.service()[1] == 3


def document(*targets: str) -> str:
    lines = "\n".join(f"      {target}" for target in targets)
    return f"version: 1\nscenarios:\n  night:\n    targets:\n{lines}\n"


BOUNDS = (
    "kind: scalable-target, namespace: ecs, resource: service/batch/workers, "
    "dimension: ecs:service:DesiredCount"
)
SAME = {
    "service and its bounds": (
        f"a: {{{WORKERS}, steps: {{out: {{desired: 1}}}}}}",
        f"b: {{{BOUNDS}, steps: {{out: {{min: 1}}}}}}",
    ),
    "one cluster in two cases": (
        "a: {kind: docdb-instances, cluster: Orders, steps: {out: {readers: 1}}}",
        "b: {kind: docdb-instances, cluster: orders, steps: {out: {readers: 2}}}",
    ),
    "capacity and instances": (
        "a: {kind: docdb-instances, cluster: orders, steps: {out: {readers: 1}}}",
        "b: {kind: docdb-serverless, cluster: orders, steps: {out: {min: 1, max: 2}}}",
    ),
    "running and instances": (
        "a: {kind: docdb-instances, cluster: orders, steps: {out: {readers: 1}}}",
        "b: {kind: docdb-cluster, cluster: orders, steps: {out: {running: true}}}",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_two_kinds_of_one_resource_are_seen_as_one(name: str) -> None:
    with pytest.raises(ValidationError, match="it is the same"):
        read_document("d", document(*SAME[name]))


@pytest.mark.parametrize("name", SAME)
def test_two_kinds_of_one_resource_in_two_scenarios_need_one_lease(name: str) -> None:
    first, second = SAME[name]
    text = document(first) + f"  other:\n    targets:\n      {second}\n"
    with pytest.raises(ValidationError, match="a target of night, too; give both the same lease"):
        read_document("d", text)


def test_instances_and_capacity_of_a_cluster_may_change_one_after_the_other() -> None:
    first, second = SAME["capacity and instances"]
    ordered = second.replace("steps:", "after: [a], steps:")
    assert read_document("d", document(first, ordered))


def test_with_a_state_machine_a_held_lease_is_not_waited_for(night: Night) -> None:
    shared(night)
    night.set(continue_by="return", max_attempts=1)
    night.faults.decide = lambda _number, operation: (
        ("ThrottlingException", "slow") if operation == "UpdateService" else None
    )
    night.send(scheduled("scale-out", "2026-11-23T20:00:00Z"), request_id="a")
    night.time.slept.clear()
    with pytest.raises(LeaseHeld):
        night.send(of_reports("2026-11-24T05:59:00Z"), request_id="b")
    assert night.time.slept == []


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


def refuse_classes(night: Night, *classes: str) -> list[tuple[str, str]]:
    """Let AWS have no machine of these classes; returns each request: operation and class."""
    asked: list[tuple[str, str]] = []
    session: Any = boto3.DEFAULT_SESSION

    def refuse(params: Any, model: Any, **_: Any) -> None:
        asked.append((model.name, params["body"].get("DBInstanceClass", "")))

    for operation in ("CreateDBInstance", "ModifyDBInstance"):
        session.events.register(f"before-call.docdb.{operation}", refuse)
    night.faults.decide = lambda _number, operation: (
        ("InsufficientDBInstanceCapacity", "no capacity")
        if asked and operation == asked[-1][0] and asked[-1][1] in classes
        else None
    )
    return asked


def test_without_capacity_it_is_tried_again_until_there_is_some(night: Night) -> None:
    night.scenarios(CLUSTER.replace("STATE", "{class: db.r6g.2xlarge, readers: 1}"))
    seed.docdb_cluster(instances=1)
    asked = refuse_classes(night, "db.r6g.2xlarge")
    night.set(continue_by="return")
    first = night.step("scale-out")
    assert first["status"] == "in progress"
    waiting = first["targets"][0]["waiting"]
    assert "InsufficientDBInstanceCapacity" in waiting
    night.faults.reset_rules()
    assert night.send(first["next"])["reached"]
    assert {size for _, size in asked if size} == {"db.r6g.2xlarge"}


def test_a_fallback_class_is_taken_and_named(night: Night) -> None:
    state = "{class: db.r6g.2xlarge, fallback: [db.r6g.xlarge, db.r6g.large], readers: 1}"
    night.scenarios(CLUSTER.replace("STATE", state))
    seed.docdb_cluster(instances=1)
    asked = refuse_classes(night, "db.r6g.2xlarge")
    found = night.step("scale-out")
    assert (found["status"], found["reached"]) == ("done", True)
    assert {size for size, _, _ in seed.instances().values()} == {"db.r6g.xlarge"}
    assert found["targets"][0]["fallbacks"] == ["db.r6g.2xlarge -> db.r6g.xlarge: no capacity"]
    assert asked[:2] == [
        ("CreateDBInstance", "db.r6g.2xlarge"),
        ("CreateDBInstance", "db.r6g.xlarge"),
    ]


def test_fallback_classes_are_checked_before_the_night(night: Night) -> None:
    night.scenarios(CLUSTER.replace("STATE", "{class: db.r6g.xlarge, fallback: [db.r6g.lagre]}"))
    seed.docdb_cluster()
    with pytest.raises(ScalingFailed, match=r"does not offer the class db.r6g.lagre here"):
        night.step("scale-out", dry_run=True)


def test_a_reader_that_a_person_added_does_not_keep_the_rest_from_scaling_in(night: Night) -> None:
    seed.docdb_cluster(instances=1)
    night.scenarios(CLUSTER.replace("STATE", "{class: db.r6g.2xlarge, readers: 2}"))
    night.step("scale-out")
    seed.client("docdb").create_db_instance(
        DBInstanceIdentifier="orders-by-hand",
        DBInstanceClass="db.r6g.2xlarge",
        Engine=seed.ENGINE,
        DBClusterIdentifier="orders",
    )
    night.scenarios(CLUSTER.replace("STATE", "{class: db.r6g.large, readers: 0}"))
    with pytest.raises(ScalingFailed, match=r"not created by this function.*: orders-by-hand"):
        night.step("scale-out")
    assert set(seed.instances()) == {"orders-1", "orders-by-hand"}
    assert {size for size, _, _ in seed.instances().values()} == {"db.r6g.large"}


def test_a_failover_that_is_refused_for_minutes_is_waited_for(night: Night) -> None:
    """By time: how often it was tried in these minutes does not matter."""
    seed.night()
    night.set(poll_s=1)
    began = night.time.now()
    night.faults.decide = lambda _number, operation: (
        ("InvalidDBClusterStateFault", "not yet")
        if operation == "FailoverDBCluster" and night.time.now() < began + 600
        else None
    )
    assert night.step("scale-out", timeout=1800)["reached"]
    assert night.faults.sent.count("FailoverDBCluster") > 100


def test_a_wrong_state_that_lasts_too_long_is_a_failure(night: Night) -> None:
    seed.night()
    night.set(wrong_state_limit_s=300)
    began = night.time.now()
    night.faults.decide = lambda _number, operation: (
        ("InvalidDBClusterStateFault", "never") if operation == "FailoverDBCluster" else None
    )
    with pytest.raises(ScalingFailed, match="rds:FailoverDBCluster failed"):
        night.step("scale-out", timeout=1800)
    assert 300 <= night.time.now() - began < 360


def carried(answer: Any) -> int:
    return len(json.dumps(answer).encode())


@pytest.mark.parametrize("length", [10, 200])
def test_answers_of_500_targets_fit_into_step_functions(night: Night, length: int) -> None:
    names = [f"worker-{number:x<{length}}" for number in range(500)]
    many_services(names)
    night.scenarios(scenarios(names))
    night.set(continue_by="return", read_rate="1000/1000", write_rate="2000/2000")
    change_answers("ecs.DescribeServices", no_tasks)
    plan = night.send({"scenario": "many", "step": "up", "dry_run": True})
    assert carried(plan) < 262_144
    first = night.send({"scenario": "many", "step": "up"}, timeout=1800)
    assert (first["status"], carried(first) < 262_144) == ("in progress", True)
    assert "shortened" in first
    second = night.send(first["next"], timeout=1800)
    assert (second["done"], carried(second) < 262_144) == (False, True)
    assert night.faults.changes().count("UpdateService") == 500


def no_tasks(parsed: Any) -> None:
    for service in parsed.get("services", []):
        service["runningCount"] = 0


def test_500_failures_fit_into_an_error(night: Night, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"worker-{number}" for number in range(500)]
    seed.ecs_services([])
    night.scenarios(scenarios(names))
    night.set(read_rate="1000/1000")
    with pytest.raises(ScalingFailed) as caught:
        night.send({"scenario": "many", "step": "up"})
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("500 of 500 targets failed in many/up (account 123456789012, ")
    assert lines[-1] == "… and 450 more, see the log"
    assert "worker-499" in capsys.readouterr().out


def test_missing_credentials_name_themselves(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    boto3.setup_default_session()
    with pytest.raises(ScalingFailed, match=r"--env AWS_ACCESS_KEY_ID|--moto"):
        night.step("scale-out", dry_run=True)


def test_an_estimate_is_left_out_where_a_part_of_it_is_unknown(night: Night) -> None:
    seed.night()
    lines = night.step("scale-out", dry_run=True)["plan"]
    assert not any("30 s" in line or line.startswith("Estimate") for line in lines)


def test_a_deployment_that_is_still_replacing_tasks_is_waited_for(night: Night) -> None:
    """The old deployment's tasks are among those that run."""
    night.set(continue_by="return")
    night.scenarios(SHARED.replace("lease: shared", "lease: x"))
    seed.ecs_services()
    new, state = [1], ["IN_PROGRESS"]

    def change(parsed: Any) -> None:
        for service in parsed.get("services", []):
            service["runningCount"] = 20
            service["deployments"] = [
                {"status": "PRIMARY", "rolloutState": state[0], "runningCount": new[0]},
                {"status": "ACTIVE", "runningCount": 19},
            ]

    change_answers("ecs.DescribeServices", change)
    first = night.step("scale-out")
    second = night.send(first["next"])
    waiting = second["targets"][0]["waiting"]
    assert waiting == "1 of 20 tasks of a deployment in progress run"
    new[0], state[0] = 20, "COMPLETED"
    assert night.send(second["next"])["reached"]


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_jumps_does_not_end_the_work(night: Night, jump: float) -> None:
    seed.table()
    night.set(table=seed.TABLE)
    seed.night()
    jumped: list[str] = []

    def after(_number: int, operation: str) -> None:
        if operation == "CreateDBInstance" and not jumped:
            jumped.append(operation)
            night.time.seconds += jump

    night.faults.after = after
    # The rest of the invocation's time is the clock's, too.
    found = night.step("scale-out", timeout=2 * 3600)
    assert (found["status"], found["reached"]) == ("done", True)
    night.faults.reset_rules()
    night.time.sleep(1)
    assert night.step("scale-in", request_id="two", timeout=3 * 3600)["reached"]
