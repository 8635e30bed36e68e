"""A night as a durable function: one execution, whose waits cost nothing."""

from __future__ import annotations

import json
from typing import Any

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling import app
from tests.integration.functions.scheduled_scaling.conftest import Night
from tests.integration.functions.scheduled_scaling.test_chain import slow_reader
from tests.integration.functions.scheduled_scaling.test_night import OUT
from tests.support.durable_runner import DurableFunctionTestRunner, InvocationStatus, close_loop


def test_a_step_goes_on_until_its_state_is_there(night: Night) -> None:
    seed.table()
    night.set(continue_by="durable", table=seed.TABLE)
    seed.night()
    hide = [True]
    slow_reader(night, hide)
    invocations: list[Any] = []

    def handler(event: Any, context: Any) -> Any:
        invocations.append(event)
        if len(invocations) == 4:
            hide.clear()
        found = app.handler(event, context)
        night.time.seconds += 60  # what the runner's clock skips
        return found

    with DurableFunctionTestRunner(handler, poll_interval=0.01) as runner:
        result = runner.run(json.dumps({"scenario": "nightly-batch", "step": "scale-out"}))
    close_loop(runner)
    assert result.status is InvocationStatus.SUCCEEDED
    answer = json.loads(str(result.result))
    assert (answer["status"], answer["done"], answer["reached"]) == ("done", True, True)
    assert seed.instances() == OUT
    assert night.time.slept == []
    assert [each.operation_type.value for each in result.operations].count("WAIT") >= 3
    assert night.faults.sent.count("Invoke") == 0
