"""A handler goes on as a durable function, with the SDK's own testing package as Lambda."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from surefoot.kit import durable
from surefoot.kit.errors import UserError
from tests.support.durable_runner import DurableFunctionTestRunner, InvocationStatus, close_loop

NOW = 1_795_500_000.0
# The runner looks for due timers this often; nothing here depends on it.
POLL_S = 0.01


class Counter:
    """Counts down the event's ``left``, an invocation of the handler for each."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.errors: list[Exception] = []
        self.wait_until: str | None = None

    def handle(self, event: Any, context: Any) -> dict[str, Any]:
        assert context.aws_request_id
        self.events.append(event)
        if self.errors:
            raise self.errors.pop()
        left = event["left"] - 1
        if not left:
            return {"done": True, "count": len(self.events), "extra": "of the last one"}
        answer = {"done": False, "next": {"left": left}, "extra": "x" * 300_000}
        if self.wait_until:
            answer["wait_until"] = self.wait_until
        return answer


class Busy(Exception):
    """Passes by itself."""


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def runner(counter: Counter) -> Iterator[DurableFunctionTestRunner]:
    def handler(event: Any, context: Any) -> Any:
        return durable.run(counter.handle, event, context, retry_on=(Busy,), clock=lambda: NOW)

    with DurableFunctionTestRunner(handler, poll_interval=POLL_S) as made:
        yield made
    close_loop(made)


def run(runner: DurableFunctionTestRunner, left: int) -> Any:
    return runner.run(json.dumps({"left": left}))


def waits(result: Any) -> list[Any]:
    return [each for each in result.operations if each.operation_type.value == "WAIT"]


def test_it_goes_on_until_it_is_done(counter: Counter, runner: DurableFunctionTestRunner) -> None:
    result = run(runner, 3)
    assert result.status is InvocationStatus.SUCCEEDED
    answer = {"done": True, "count": 3, "extra": "of the last one"}
    assert json.loads(result.result) == answer
    assert counter.events == [{"left": 3}, {"left": 2}, {"left": 1}]
    assert len(waits(result)) == 2


def test_a_step_that_was_done_is_not_repeated_by_a_replay(
    counter: Counter, runner: DurableFunctionTestRunner
) -> None:
    run(runner, 20)
    assert len(counter.events) == 20


def test_it_waits_until_the_answer_says(
    counter: Counter, runner: DurableFunctionTestRunner
) -> None:
    at = dt.datetime.fromtimestamp(NOW + 3 * 3600, dt.timezone.utc)
    counter.wait_until = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    (wait,) = waits(run(runner, 2))
    assert (wait.scheduled_end_timestamp - wait.start_timestamp).total_seconds() == pytest.approx(
        3 * 3600, abs=60
    )


def test_a_time_that_is_over_is_waited_for_as_short_as_possible(
    counter: Counter, runner: DurableFunctionTestRunner
) -> None:
    counter.wait_until = "2020-01-01T00:00:00Z"
    assert run(runner, 2).status is InvocationStatus.SUCCEEDED


def test_what_passes_by_itself_is_tried_again(
    counter: Counter, runner: DurableFunctionTestRunner
) -> None:
    counter.errors = [Busy("twice"), Busy("once")]
    assert run(runner, 1).status is InvocationStatus.SUCCEEDED
    assert counter.events == [{"left": 1}] * 3


def test_another_failure_ends_it_at_once(
    counter: Counter, runner: DurableFunctionTestRunner
) -> None:
    counter.errors = [ValueError("wrong")]
    result = run(runner, 2)
    assert result.status is InvocationStatus.FAILED
    assert "wrong" in result.error.message
    assert len(counter.events) == 1


def test_a_function_that_is_not_durable_says_so(counter: Counter) -> None:
    with pytest.raises(UserError, match="not one of a durable function; create the function with"):
        durable.run(counter.handle, {"left": 1}, None)


def test_a_missing_package_is_named(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aws_durable_execution_sdk_python", None)
    with pytest.raises(UserError, match="aws-durable-execution-sdk-python is not installed; add"):
        durable.run(counter.handle, {"left": 1}, None)
