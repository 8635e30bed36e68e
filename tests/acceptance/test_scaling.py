from __future__ import annotations

import pytest

from tests.acceptance.conftest import Caller
from tests.acceptance.targets import EmulatorTarget

DRY_RUN = {"scenario": "night", "step": "grow", "dry_run": True}


@pytest.fixture(autouse=True)
def _aws_is_prepared(call: Caller) -> None:
    if isinstance(call.target, EmulatorTarget):
        call.target.prepare_aws()


def test_a_dry_run_of_scheduled_scaling_plans_and_changes_nothing(call: Caller) -> None:
    answers = [call.invoke("scaling", DRY_RUN) for _ in range(2)]
    for answer in answers:
        assert answer.error is None
        assert answer.json["status"] == "plan"
        assert "min 1 -> 2, max 2 -> 4" in "\n".join(answer.json["plan"])


def test_a_dry_run_takes_the_detail_of_an_event_of_eventbridge(call: Caller) -> None:
    event = {"version": "0", "source": "acceptance", "detail-type": "test", "detail": DRY_RUN}
    assert call.invoke("scaling", event).json["status"] == "plan"


def test_a_scenario_that_does_not_exist_is_named(call: Caller) -> None:
    answer = call.invoke("scaling", {**DRY_RUN, "scenario": "day"})
    assert answer.error == "Unhandled"
    assert "night" in answer.json["errorMessage"]
