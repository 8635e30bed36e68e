"""Five hundred targets: few calls, and those at the pace that is set. Counted, not timed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.ecs.models import ecs_backends

from rie.demo.aws import scaling_fixtures as seed
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.support.aws import ACCOUNT, REGION

COUNT = 500


def scenarios(names: list[str]) -> str:
    """One scenario with a target for each service."""
    targets = {
        name: {
            "kind": "ecs-service",
            "cluster": "batch",
            "service": name,
            "steps": {"up": {"desired": 3, "min": 2, "max": 6}},
        }
        for name in names
    }
    return json.dumps({"version": 1, "scenarios": {"many": {"targets": targets}}})


def many_services(names: list[str]) -> None:
    """As seed.ecs_services, past HTTP: a thousand requests less."""
    seed.ecs_services([])
    services = ecs_backends[ACCOUNT][REGION]
    autoscaling = applicationautoscaling_backends[ACCOUNT][REGION]
    nothing: Any = None
    for name in names:
        services.create_service("batch", name, 2, "worker", tags=[])
        autoscaling.register_scalable_target(
            "ecs", f"service/batch/{name}", "ecs:service:DesiredCount", 1, 4, "", nothing
        )


@pytest.mark.parametrize("parallel", [1, 8])
def test_planning_reads_in_batches_and_keeps_the_pace(night: Night, parallel: int) -> None:
    names = [f"worker-{number}" for number in range(COUNT)]
    many_services(names)
    night.scenarios(scenarios(names))
    night.set(max_parallel=parallel, read_rate="20/10")
    answer = night.send({"scenario": "many", "step": "up", "dry_run": True})
    assert answer["calls"] == {
        "application-autoscaling:DescribeScalableTargets": COUNT / 50,
        "ecs:DescribeServices": COUNT / 10,
    }
    # 50 calls to ECS, of which 20 may come at once and the others at 10 in a second.
    assert sum(night.time.slept) == pytest.approx(3.0, abs=0.01)
    assert len(answer["plan"]) == 2 + 2 * COUNT


def test_changes_keep_their_own_pace(night: Night) -> None:
    names = [f"worker-{number}" for number in range(12)]
    many_services(names)
    night.scenarios(scenarios(names))
    night.set(write_rate="4/2")
    answer = night.send({"scenario": "many", "step": "up"})
    assert answer["status"] == "done"
    # 12 tags and 12 counts to ECS: 4 at once, 20 at 2 in a second; the bounds go elsewhere.
    assert sum(night.time.slept) == pytest.approx(10.0, abs=0.5)


def test_a_chain_of_short_invocations_gets_through_all(night: Night) -> None:
    names = [f"worker-{number}" for number in range(30)]
    many_services(names)
    night.scenarios(scenarios(names))
    night.set(write_rate="4/2", continue_by="return")
    event = {"scenario": "many", "step": "up"}
    rounds = 0
    while True:
        rounds += 1
        answer = night.send(event, timeout=16)
        if answer["done"]:
            break
        event = answer["next"]
    assert rounds > 2
    assert night.faults.duplicates() == {}
    assert all(seed.service(name) == (2, 3, 6) for name in names)
