"""The example's whole night against moto: dry run, scale out, scale in, restore."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from rie.demo.aws import scaling_fixtures as seed
from tests.integration.functions.scheduled_scaling.conftest import FUNCTION, Night

BEFORE = {"orders-1": ("db.r6g.large", 1, True), "orders-2": ("db.r6g.large", 1, False)}
BIG = "db.r6g.2xlarge"
OUT = {
    "orders-1": (BIG, 0, False),
    "orders-2": (BIG, 2, True),
    "orders-scaled-1": (BIG, 2, False),
    "orders-scaled-2": (BIG, 2, False),
}


def test_a_dry_run_prints_the_plan_and_changes_nothing(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    seed.night()
    night.faults.reset()
    answer = night.step("scale-out", dry_run=True)
    assert night.faults.changes() == []
    assert answer["status"] == "plan"
    printed = capsys.readouterr().out
    assert "\n".join(answer["plan"]) in printed
    columns = [[part.strip() for part in line.split("  ") if part] for line in answer["plan"]]
    assert columns[2] == [
        *("orders-db", "reader orders-scaled-1, db.r6g.2xlarge", "rds:CreateDBInstance", "now")
    ]
    assert columns[5] == [
        *("orders-db", "writer orders-1 -> orders-2", "rds:FailoverDBCluster", "then")
    ]
    assert (seed.instances(), seed.service()) == (BEFORE, (1, 2, 4))


def test_scaling_out_brings_everything_to_the_desired_state(night: Night) -> None:
    seed.night()
    answer = night.step("scale-out")
    assert (answer["status"], answer["done"]) == ("done", True)
    assert (seed.instances(), seed.service()) == (OUT, (10, 20, 40))
    workers = next(target for target in answer["targets"] if target["name"] == "workers")
    assert workers["before"]["desired"] == 2
    assert workers["desired_state"] == {"desired": 20, "min": 10, "max": 40}
    assert workers["after"]["desired"] == 20


def test_the_old_writer_changes_after_the_failover_and_readers_before(night: Night) -> None:
    seed.docdb_cluster()
    seed.ecs_services()
    night.faults.reset()
    night.step("scale-out")
    rds = [name for name in night.faults.changes() if "DB" in name]
    assert rds == [
        *("CreateDBInstance", "CreateDBInstance", "ModifyDBInstance"),
        *("FailoverDBCluster", "ModifyDBInstance"),
    ]


def test_bounds_move_before_the_count(night: Night) -> None:
    seed.night()
    night.faults.reset()
    night.step("scale-out")
    changes = night.faults.changes()
    assert changes.index("RegisterScalableTarget") < changes.index("UpdateService")


def test_restore_puts_back_what_was(night: Night) -> None:
    seed.night()
    night.step("scale-out")
    answer = night.step("restore")
    assert answer["status"] == "done"
    assert (seed.instances(), seed.service()) == (BEFORE, (1, 2, 4))


def test_restore_twice_finds_no_saved_state(night: Night) -> None:
    seed.night()
    night.step("scale-out")
    night.step("restore")
    night.faults.reset()
    answer = night.step("restore")
    assert [target["note"] for target in answer["targets"]] == ["no state is saved"] * 2
    assert night.faults.changes() == []


def test_scaling_out_twice_does_nothing_the_second_time_and_keeps_the_memory(night: Night) -> None:
    seed.night()
    night.step("scale-out")
    night.faults.reset()
    night.step("scale-out")
    assert night.faults.changes() == []
    night.step("restore")
    assert (seed.instances(), seed.service()) == (BEFORE, (1, 2, 4))


def test_the_step_of_rest_forgets_what_was_saved(night: Night) -> None:
    seed.night()
    night.step("scale-out")
    night.step("scale-in")
    assert seed.service() == (1, 2, 4)
    answer = night.step("restore")
    assert {target["status"] for target in answer["targets"]} == {"skipped"}


def test_a_dry_run_of_restore_tells_since_when_it_is_saved(night: Night) -> None:
    seed.night()
    night.step("scale-out")
    answer = night.step("restore", dry_run=True)
    assert any("desired 20 -> 2" in line for line in answer["plan"])
    assert "workers: as before nightly-batch/scale-out, 2026-11-24T06:00:00Z" in answer["plan"]
    assert (seed.instances(), seed.service()) == (OUT, (10, 20, 40))


@pytest.mark.parametrize("path", sorted(FUNCTION.glob("events/*.json")), ids=lambda path: path.name)
def test_every_example_event_works(night: Night, path: Any) -> None:
    seed.night()
    answer = night.send(path.read_bytes())
    assert answer["done"] is True


@pytest.mark.parametrize("place", ["s3://scenarios/night.yaml", "ssm:/scaling/scenarios"])
def test_scenarios_come_from_s3_or_ssm(night: Night, place: str) -> None:
    text = (FUNCTION / "scenarios.yaml").read_text()
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="scenarios", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3.put_object(Bucket="scenarios", Key="night.yaml", Body=text.encode())
    boto3.client("ssm").put_parameter(Name="/scaling/scenarios", Value=text, Type="String")
    seed.night()
    night.set(scenarios=place)
    assert night.step("scale-out")["status"] == "done"


def test_each_target_gets_a_line_of_metrics(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    seed.night()
    night.step("scale-out")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    metrics = {line["Target"]: line for line in lines if "_aws" in line and "Target" in line}
    assert metrics["workers"]["Changes"] == 2
    assert metrics["orders-db"]["Reached"] == 1


def test_groups_and_plain_scalable_targets_scale_too(night: Night) -> None:
    seed.auto_scaling_group()
    seed.ecs_services()
    night.scenarios(GROUPS)
    seed.table()
    night.set(table=seed.TABLE)
    night.send({"scenario": "day", "step": "up"})
    assert _group() == (3, 5, 10)
    assert seed.service() == (2, 2, 4)
    night.send({"scenario": "day", "step": "restore"})
    assert _group() == (1, 1, 3)
    assert seed.service() == (1, 2, 4)


GROUPS = """
version: 1
scenarios:
  day:
    targets:
      crunchers:
        kind: auto-scaling-group
        group: crunchers
        steps: {up: {min: 3, desired: 5, max: 10}}
      bounds:
        kind: scalable-target
        namespace: ecs
        resource: service/batch/workers
        dimension: ecs:service:DesiredCount
        steps: {up: {min: 2}}
"""


def _group() -> tuple[int, int, int]:
    groups = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return groups[0]["MinSize"], groups[0]["DesiredCapacity"], groups[0]["MaxSize"]


def test_a_serverless_cluster_changes_its_capacity(night: Night) -> None:
    seed.docdb_cluster(instances=1, size="db.serverless")
    client = boto3.client("docdb")
    capacity = {"MinCapacity": 1.0, "MaxCapacity": 4.0}
    client.modify_db_cluster(
        DBClusterIdentifier="orders",
        ServerlessV2ScalingConfiguration={"MinCapacity": 1.0, "MaxCapacity": 4.0},
        ApplyImmediately=True,
    )
    night.scenarios(SERVERLESS)
    night.send({"scenario": "day", "step": "up"})
    assert _capacity() == {"MinCapacity": 4.0, "MaxCapacity": 32.5}
    night.send({"scenario": "day", "step": "restore"})
    assert _capacity() == capacity


SERVERLESS = """{"version": 1, "scenarios": {"day": {"targets": {"orders": {
  "kind": "docdb-serverless", "cluster": "orders", "steps": {"up": {"min": 4, "max": 32.5}}}}}}}"""


def _capacity() -> object:
    entry = boto3.client("docdb").describe_db_clusters(DBClusterIdentifier="orders")
    return entry["DBClusters"][0]["ServerlessV2ScalingConfiguration"]


def test_what_a_later_step_changes_is_saved_by_the_first(night: Night) -> None:
    seed.docdb_cluster(instances=1)
    night.scenarios(STEPS)
    night.send({"scenario": "day", "step": "readers"})
    night.send({"scenario": "day", "step": "class"})
    assert {entry[0] for entry in seed.instances().values()} == {BIG}
    night.send({"scenario": "day", "step": "restore"})
    assert seed.instances() == {"orders-1": ("db.r6g.large", 1, True)}


STEPS = f"""
version: 1
scenarios:
  day:
    targets:
      orders:
        kind: docdb-instances
        cluster: orders
        steps:
          readers: {{readers: 1}}
          class: {{class: {BIG}}}
"""
