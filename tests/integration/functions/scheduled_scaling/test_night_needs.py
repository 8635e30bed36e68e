"""Order, holds, calendars, deadlines, announcements, clusters that start and stop."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.errors import ScalingFailed, ValidationError
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.test_chain import slow_reader
from tests.integration.functions.scheduled_scaling.test_false_success import change_answers
from tests.support.awsanswer import answer

TOKEN = "task-token"
SCENARIO = """
version: 1
scenarios:
  nightly-batch:
    rest: scale-in
    time_zone: Europe/Berlin
    MORE
    targets:
      orders-db:
        kind: docdb-instances
        cluster: orders
        steps:
          scale-out: {class: db.r6g.2xlarge, readers: 1}
          scale-in: {class: db.r6g.large, readers: 1}
      workers:
        kind: ecs-service
        cluster: batch
        service: workers
        after: [orders-db]
        steps: {scale-out: {desired: 20}, scale-in: {desired: 2}}
"""


class Sent:
    """Requests to services that need no answer of moto: operation and arguments."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.refused: dict[str, tuple[str, str]] = {}

    def named(self, operation: str) -> list[Any]:
        return [arguments for name, arguments in self.calls if name == operation]

    def answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.calls.append((operation, json.loads(request.body or b"{}")))
        if operation in self.refused:
            code, message = self.refused[operation]
            return answer(400, json.dumps({"__type": code, "message": message}))
        if operation == "PutEvents":
            return answer(200, '{"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}')
        return answer(202 if operation == "Invoke" else 200, "{}")


@pytest.fixture
def sent(night: Night) -> Sent:
    made = Sent()
    session: Any = boto3.DEFAULT_SESSION
    for service in ("events", "sfn", "lambda", "scheduler"):
        session.events.register_first(f"before-send.{service}", made.answer)
    night.set(event_bus="default", wake_role="arn:aws:iam::123456789012:role/wake")
    return made


def prepare(night: Night, more: str = "") -> None:
    night.scenarios(SCENARIO.replace("MORE", more or "lease: nightly-batch"))
    seed.table()
    night.set(table=seed.TABLE)
    seed.night()


def events(sent: Sent) -> list[tuple[str, Any]]:
    entries = [entry for call in sent.named("PutEvents") for entry in call["Entries"]]
    assert {entry["Source"] for entry in entries} <= {"surefoot.scheduled_scaling"}
    assert {entry["EventBusName"] for entry in entries} <= {"default"}
    return [(entry["DetailType"], json.loads(entry["Detail"])) for entry in entries]


def test_tasks_start_after_the_database_and_stop_before_it(night: Night) -> None:
    prepare(night)
    night.faults.reset()
    night.step("scale-out")
    names = [name for name in night.faults.changes() if "DB" in name or "Service" in name]
    assert names[-1] == "UpdateService"
    night.faults.reset()
    night.step("scale-in", request_id="two")
    names = [name for name in night.faults.changes() if "DB" in name or "Service" in name]
    assert (names[0], len(names) > 1) == ("UpdateService", True)


def test_what_is_there_is_reached_whatever_comes_before_it(night: Night) -> None:
    prepare(night)
    due = {"schedule-arn": "arn", "scheduled-time": "2026-11-24T05:00:00Z"}
    event = {"scenario": "nightly-batch", "step": "scale-out", **due}
    assert night.send(event)["reached"]
    found = night.send(event, request_id="two")
    assert (found["status"], found["reached"]) == ("already done", True)
    assert [target["status"] for target in found["targets"]] == ["reached", "reached"]
    lines = night.step("scale-out", dry_run=True)["plan"]
    assert [line.split()[1] for line in lines[2:4]] == ["reached", "reached"]
    seed.client("ecs").update_service(cluster="batch", service="workers", desiredCount=3)
    lines = night.step("scale-out", dry_run=True)["plan"]
    assert any("desired 3 -> 20" in line and line.endswith("now") for line in lines)


def test_a_plan_shows_what_comes_after_what(night: Night) -> None:
    prepare(night)
    lines = night.step("scale-out", dry_run=True)["plan"]
    assert any("desired 2 -> 20" in line and "after orders-db" in line for line in lines)


def test_what_comes_after_a_failed_target_is_not_changed(night: Night) -> None:
    prepare(night)
    night.faults.decide = lambda _number, operation: (
        ("AccessDenied", "no") if operation == "ModifyDBInstance" else None
    )
    with pytest.raises(ScalingFailed, match="workers: it comes after orders-db, which failed"):
        night.step("scale-out")
    night.faults.reset_rules()
    assert seed.service()[1] == 2


def test_a_hold_keeps_the_way_in_back_until_its_time(night: Night, sent: Sent) -> None:
    prepare(night)
    night.step("scale-out", request_id="a")
    hold = night.send({"scenario": "nightly-batch", "step": "hold", "until": "09:00"})
    assert hold["hold"] == {
        "action": "keep",
        "steps": ["restore", "scale-in"],
        "until": "2026-11-24T09:00:00+01:00",
    }
    held = night.step("scale-in", request_id="b")
    assert (held["status"], held["done"], held["reached"]) == ("held", False, False)
    assert held["wait_until"] == "2026-11-24T08:00:00Z"
    assert seed.service()[1] == 20
    (schedule,) = sent.named("CreateSchedule")
    assert schedule["ScheduleExpression"] == "at(2026-11-24T08:00:00)"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Target"]["RoleArn"] == "arn:aws:iam::123456789012:role/wake"
    assert ":function:" in schedule["Target"]["Arn"]
    night.time.sleep(2 * 3600)
    woken = night.send(json.loads(schedule["Target"]["Input"]), request_id="c")
    assert (woken["status"], woken["reached"]) == ("done", True)
    assert seed.service()[1] == 2


def test_with_a_state_machine_the_hold_is_a_time_to_wait_for(night: Night, sent: Sent) -> None:
    prepare(night)
    night.set(continue_by="return")
    night.step("scale-out", request_id="a")
    night.send({"scenario": "nightly-batch", "step": "hold", "until": "09:00"})
    held = night.step("scale-in", request_id="b")
    assert held["wait_until"] == "2026-11-24T08:00:00Z"
    assert sent.named("CreateSchedule") == []
    night.time.sleep(2 * 3600)
    assert night.send(held["next"], request_id="c")["reached"]


def test_a_hold_that_is_made_longer_holds_longer(night: Night, sent: Sent) -> None:
    prepare(night)
    night.step("scale-out", request_id="a")
    night.send({"scenario": "nightly-batch", "step": "hold", "until": "09:00"})
    night.step("scale-in", request_id="b")
    night.send({"scenario": "nightly-batch", "step": "hold", "until": "10:00"})
    night.time.sleep(2 * 3600)
    (schedule,) = sent.named("CreateSchedule")
    again = night.send(json.loads(schedule["Target"]["Input"]), request_id="c")
    assert (again["status"], again["wait_until"]) == ("held", "2026-11-24T09:00:00Z")


def test_resume_ends_the_hold_and_begins_what_it_kept_back(night: Night, sent: Sent) -> None:
    prepare(night)
    night.step("scale-out", request_id="a")
    night.send({"scenario": "nightly-batch", "step": "hold", "until": "09:00"})
    night.step("scale-in", request_id="b")
    resumed = night.send({"scenario": "nightly-batch", "step": "resume"}, request_id="c")
    assert (resumed["status"], resumed["begun"]) == ("resumed", "scale-in")
    (event,) = sent.named("Invoke")
    night.time.sleep(1)
    assert night.send(event, request_id="d")["reached"]
    assert seed.service()[1] == 2
    night.time.sleep(1)
    night.step("scale-out", request_id="e")
    (schedule,) = sent.named("CreateSchedule")
    night.time.sleep(2 * 3600)
    late = night.send(json.loads(schedule["Target"]["Input"]), request_id="f")
    assert late["status"] == "superseded"
    assert seed.service()[1] == 20


def test_tonight_may_be_skipped_and_the_way_in_is_not(night: Night, sent: Sent) -> None:
    prepare(night)
    hold = night.send({"scenario": "nightly-batch", "step": "hold", "skip": True})
    assert hold["hold"]["steps"] == ["scale-out"]
    assert hold["hold"]["until"] == "2026-11-24T12:00:00+01:00"
    night.faults.reset()
    skipped = night.step("scale-out")
    assert (skipped["status"], skipped["done"], skipped["reached"]) == ("skipped", True, False)
    assert set(night.faults.changes()) <= {"PutEvents"}
    assert [kind for kind, _ in events(sent)] == ["Step Not Reached"]
    assert night.step("scale-in", request_id="b")["reached"]
    night.time.sleep(12 * 3600)
    assert night.step("scale-out", request_id="c")["reached"]


def test_a_hold_needs_a_table(night: Night, sent: Sent) -> None:
    prepare(night)
    night.set(table="")
    with pytest.raises(ValidationError, match="SCALING_TABLE: it is empty, and holds"):
        night.send({"scenario": "nightly-batch", "step": "hold"})


def test_a_hold_that_nothing_could_end_is_refused(night: Night) -> None:
    prepare(night)
    with pytest.raises(ValidationError, match="SCALING_WAKE_ROLE: it is empty"):
        night.send({"scenario": "nightly-batch", "step": "hold", "until": "09:00"})


def test_the_calendar_keeps_back_and_skips(night: Night, sent: Sent) -> None:
    prepare(
        night, "calendar: {skip: [{weekdays: [tue]}], keep: [{weekdays: [tue], until: '09:30'}]}"
    )
    skipped = night.step("scale-out")
    assert (skipped["status"], skipped["reason"]) == ("skipped", "the calendar skips it: tue")
    assert night.step("scale-in", request_id="b")["wait_until"] == "2026-11-24T08:30:00Z"


def test_a_step_that_is_late_is_announced_once_and_goes_on(
    night: Night, sent: Sent, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(night, "by: {scale-out: '07:30'}")
    night.set(continue_by="return")
    hide = [True]
    slow_reader(night, hide)
    event = {"scenario": "nightly-batch", "step": "scale-out", "task_token": TOKEN}
    first = night.send(event, request_id="a")
    assert events(sent) == []
    night.time.sleep(1801)
    second = night.send(first["next"], request_id="b")
    third = night.send(second["next"], request_id="c")
    ((kind, detail),) = events(sent)
    assert kind == "Step Not Reached In Time"
    assert (detail["late"], detail["reached"]) == (True, False)
    assert detail["by"] == "2026-11-24T06:30:00Z"
    assert [line.partition(":")[0] for line in detail["missing"]] == ["orders-db", "workers"]
    (failure,) = sent.named("SendTaskFailure")
    assert (failure["taskToken"], failure["error"]) == (TOKEN, "StepNotReachedInTime")
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["NotReached"] for line in metrics if "NotReached" in line] == [1]
    hide.clear()
    sent.refused["SendTaskSuccess"] = ("TaskTimedOut", "it ended")
    last = night.send(third["next"], request_id="d")
    assert (last["reached"], events(sent)[-1][0]) == (True, "Step Reached")
    assert events(sent)[-1][1]["late"] is True


def test_a_task_ends_when_its_step_is_reached(night: Night, sent: Sent) -> None:
    prepare(night)
    event = {"scenario": "nightly-batch", "step": "scale-out", "task_token": TOKEN}
    night.send(event)
    (success,) = sent.named("SendTaskSuccess")
    assert success["taskToken"] == TOKEN
    assert json.loads(success["output"])["reached"] is True
    assert [kind for kind, _ in events(sent)] == ["Step Reached"]
    assert sent.named("SendTaskFailure") == []


@pytest.mark.parametrize(
    ("change", "error"),
    [({"step": "scale-otu"}, "ValidationError"), ({"scenario": "nihgtly"}, "ValidationError")],
)
def test_a_task_ends_when_its_event_is_wrong(
    night: Night, sent: Sent, change: dict[str, str], error: str
) -> None:
    prepare(night)
    event = {"scenario": "nightly-batch", "step": "scale-out", "task_token": TOKEN, **change}
    with pytest.raises(ValidationError):
        night.send(event)
    (failure,) = sent.named("SendTaskFailure")
    assert (failure["taskToken"], failure["error"]) == (TOKEN, error)


@pytest.mark.parametrize(("count", "call"), [(20, "Success"), (3, "Failure")])
def test_a_task_of_an_event_that_came_before_ends_with_what_is_there(
    night: Night, sent: Sent, count: int, call: str
) -> None:
    prepare(night)
    due = {"schedule-arn": "arn", "scheduled-time": "2026-11-24T05:00:00Z"}
    event = {"scenario": "nightly-batch", "step": "scale-out", **due}
    night.send({**event, "task_token": "first"})
    seed.client("ecs").update_service(cluster="batch", service="workers", desiredCount=count)
    sent.calls.clear()
    night.send({**event, "task_token": "again"}, request_id="two")
    assert [(name, body["taskToken"]) for name, body in sent.calls] == [
        (f"SendTask{call}", "again")
    ]


def test_a_task_ends_when_its_step_fails(night: Night, sent: Sent) -> None:
    prepare(night)
    night.faults.decide = lambda _number, operation: (
        ("AccessDenied", "no") if operation == "ModifyDBInstance" else None
    )
    event = {"scenario": "nightly-batch", "step": "scale-out", "task_token": TOKEN}
    with pytest.raises(ScalingFailed):
        night.send(event)
    (failure,) = sent.named("SendTaskFailure")
    assert failure["error"] == "StepNotReached"
    assert "ModifyDBInstance" in failure["cause"]


def test_an_event_that_is_not_taken_is_announced_again_by_the_retry(
    night: Night, sent: Sent
) -> None:
    prepare(night)
    night.set(max_attempts=1)
    sent.refused["PutEvents"] = ("InternalException", "later")
    with pytest.raises(ScalingFailed, match=r"events:PutEvents failed \(InternalException\)"):
        night.step("scale-out")
    sent.refused.clear()
    assert night.step("scale-out")["reached"]
    assert events(sent)[-1][0] == "Step Reached"


def test_verify_says_what_is_missing_and_changes_nothing(
    night: Night, sent: Sent, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(night)
    night.faults.reset()
    verify = {"scenario": "nightly-batch", "step": "verify", "of": "scale-out"}
    found = night.send(verify)
    assert (found["status"], found["done"], found["reached"]) == ("not reached", True, False)
    assert found["missing"][-1] == "workers: autoscaler's max 4 -> 20, desired 2 -> 20"
    assert set(night.faults.changes()) <= {"PutEvents"}
    assert [kind for kind, _ in events(sent)] == ["Step Not Reached"]
    assert '"NotReached": 1' in capsys.readouterr().out
    night.step("scale-out", request_id="b")
    capsys.readouterr()
    assert night.send(verify, request_id="c")["status"] == "reached"
    assert '"NotReached": 0' in capsys.readouterr().out


def test_verify_accepts_a_fallback_class(night: Night, sent: Sent) -> None:
    prepare(night)
    text = SCENARIO.replace("MORE", "lease: x").replace(
        "{class: db.r6g.2xlarge, readers: 1}",
        "{class: db.r6g.2xlarge, fallback: [db.r6g.large], readers: 1}",
    )
    night.scenarios(text.replace("desired: 20", "desired: 2"))
    found = night.send({"scenario": "nightly-batch", "step": "verify", "of": "scale-out"})
    assert (found["status"], found["missing"]) == ("reached", [])


STOPPED = """
version: 1
scenarios:
  nightly-batch:
    rest: scale-in
    targets:
      running: {kind: docdb-cluster, cluster: orders,
                steps: {scale-out: {running: true}, scale-in: {running: false}}}
      instances: {kind: docdb-instances, cluster: orders, after: [running],
                  steps: {scale-out: {class: db.r6g.2xlarge}, scale-in: {class: db.r6g.large}}}
"""


def status() -> str:
    found = seed.client("docdb").describe_db_clusters(DBClusterIdentifier="orders")
    return str(found["DBClusters"][0]["Status"])


def test_a_cluster_starts_before_its_instances_change_and_stops_after(night: Night) -> None:
    night.scenarios(STOPPED)
    seed.docdb_cluster()
    seed.client("docdb").stop_db_cluster(DBClusterIdentifier="orders")
    night.faults.reset()
    assert night.step("scale-out")["reached"]
    rds = [name for name in night.faults.changes() if "DB" in name]
    assert rds[0] == "StartDBCluster"
    assert "ModifyDBInstance" in rds
    assert status() == "available"
    night.faults.reset()
    assert night.step("scale-in", request_id="two")["reached"]
    assert [name for name in night.faults.changes() if "DB" in name][-1] == "StopDBCluster"
    assert status() == "stopped"


def test_a_cluster_whose_instances_still_start_is_waited_for(night: Night) -> None:
    night.set(continue_by="return")
    night.scenarios(STOPPED)
    seed.docdb_cluster()
    state = ["starting"]

    def change(parsed: Any) -> None:
        for instance in parsed.get("DBInstances", []):
            instance["DBInstanceStatus"] = state[0]

    change_answers("docdb.DescribeDBInstances", change)
    first = night.step("scale-out")
    targets = {target["name"]: target for target in first["targets"]}
    assert targets["running"]["waiting"] == "orders-1 is starting, orders-2 is starting"
    assert targets["instances"]["waiting"] == "running to be reached"
    state[0] = "available"
    assert night.send(first["next"])["reached"]
