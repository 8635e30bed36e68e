"""A step that takes longer than an invocation goes on in others."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling.errors import ScalingFailed
from surefoot.kit.resumable import decode_token
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.test_night import OUT
from tests.support.awsanswer import answer


@pytest.fixture
def invocations(night: Night) -> list[Any]:
    """The events that the function sends to itself."""
    sent: list[Any] = []

    def accept(request: Any, **_: Any) -> AWSResponse:
        sent.append(json.loads(request.body))
        return answer(202)

    session: Any = boto3.DEFAULT_SESSION
    session.events.register_first("before-send.lambda.Invoke", accept)
    return sent


def slow_reader(night: Night, hide: list[bool]) -> None:
    """Make the cluster say that it is at work for as long as `hide` is filled."""
    session: Any = boto3.DEFAULT_SESSION

    def change(parsed: Any, **_: Any) -> None:
        for cluster in parsed.get("DBClusters", []):
            if hide:
                cluster["Status"] = "modifying"

    session.events.register("after-call.docdb.DescribeDBClusters", change)


def test_it_invokes_itself_with_what_is_left(night: Night, invocations: list[Any]) -> None:
    hide = [True]
    slow_reader(night, hide)
    seed.night()
    answer = night.step("scale-out", timeout=60)
    assert (answer["status"], answer["done"]) == ("in progress", False)
    assert seed.service() == (10, 20, 40)  # what can be done is done
    assert len(invocations) == 1
    _, _, state = decode_token("nightly-batch/scale-out", invocations[0]["continuation"])
    assert state["targets"]["orders-db"]["waiting"] == "the cluster is modifying"
    hide.clear()
    assert night.send(invocations[0], request_id="two")["status"] == "done"
    assert seed.instances() == OUT


def test_waiting_does_not_use_up_the_reserve(night: Night, invocations: list[Any]) -> None:
    slow_reader(night, [True])
    seed.night()
    began = night.time.now()
    night.step("scale-out", timeout=60)
    assert night.time.now() - began <= 50
    assert len(invocations) == 1


def test_a_short_invocation_waits_to_its_end_before_it_hands_on(
    night: Night, invocations: list[Any]
) -> None:
    slow_reader(night, [True])
    seed.night()
    began = night.time.now()
    night.step("scale-out", timeout=20)
    assert night.time.now() - began == pytest.approx(10, abs=0.1)
    assert len(invocations) == 1


def test_with_a_state_machine_it_returns_the_next_event_and_never_waits(night: Night) -> None:
    night.set(continue_by="return")
    hide = [True]
    slow_reader(night, hide)
    seed.night()
    answer = night.step("scale-out")
    assert night.time.slept == []
    assert answer["done"] is False
    hide.clear()
    assert night.send(answer["next"])["done"] is True
    assert seed.instances() == OUT


def test_a_failure_early_in_the_chain_is_reported_at_its_end(night: Night) -> None:
    night.set(continue_by="return")
    hide = [True]
    slow_reader(night, hide)
    seed.docdb_cluster()
    seed.ecs_services(["other"])
    answer = night.step("scale-out")
    assert answer["status"] == "in progress"
    hide.clear()
    with pytest.raises(ScalingFailed, match="workers: there is no service workers"):
        night.send(answer["next"])
    assert seed.instances() == OUT


def test_patience_ends(night: Night) -> None:
    night.set(continue_by="return", time_limit_s=600)
    slow_reader(night, [True])
    seed.night()
    answer = night.step("scale-out")
    night.time.sleep(601)
    with pytest.raises(ScalingFailed, match="waited too long for the cluster is modifying"):
        night.send(answer["next"])


def test_what_was_asked_for_is_not_asked_again_until_it_had_time_to_show(night: Night) -> None:
    """AWS accepts a call and goes on showing the old state for a while."""
    night.set(continue_by="return")
    seed.ecs_services()
    night.scenarios(ONLY_WORKERS)
    session: Any = boto3.DEFAULT_SESSION
    stale = [True]

    def old(parsed: Any, **_: Any) -> None:
        for service in parsed.get("services", []):
            if stale:
                service["desiredCount"] = 2

    session.events.register("after-call.ecs.DescribeServices", old)
    night.faults.reset()
    answer = night.step("scale-out")
    assert answer["targets"][0]["waiting"] == "desired 2 -> 20 to show"
    answer = night.send(answer["next"])
    assert night.faults.changes().count("UpdateService") == 1
    night.time.sleep(61)
    night.send(answer["next"])
    assert night.faults.changes().count("UpdateService") == 2


ONLY_WORKERS = """
version: 1
scenarios:
  nightly-batch:
    targets:
      workers:
        kind: ecs-service
        cluster: batch
        service: workers
        steps: {scale-out: {desired: 20, min: 10, max: 40}}
"""
