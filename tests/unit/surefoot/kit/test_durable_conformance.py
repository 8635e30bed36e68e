"""The requirements of AWS's conformance tests for durable functions, as far as they apply to us.

Their runner deploys functions with SAM and reads executions of a real account; it needs Python
3.14. The history of an execution is the same with the SDK's own testing package, so what their
requirements say of it is compared here: aws/aws-durable-execution-conformance-tests, commit
a68f527, test-requirements/step (1-…) and test-requirements/wait (2-…). The other suites are about
callbacks, child contexts, chained invocations, conditions, map, parallel and plugins, none of which
`surefoot.kit.durable` uses.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from surefoot.kit import durable
from tests.support.durable_runner import DurableFunctionTestRunner, close_loop

NOW = 1_795_500_000.0
NOT_OURS = {
    "1-1": "every step has a name",
    "1-5": "the answer of a handler is an object",
    "1-6": "steps have no serialisation of their own",
    "1-7": "optional; handlers log by themselves",
    "1-10": "a step that failed ends the execution",
    "1-13": "the SDK's own retry strategy is not used",
    "1-14": "retries have one interval",
    "1-17": "a step may run more than once; plans are computed from the state",
    "1-18": "a step may run more than once; plans are computed from the state",
    "1-20": "a step that failed ends the execution",
    "2-1": "every wait has a name",
}
STARTED, DONE = ("StepStarted", "step"), ("StepSucceeded", "step")
SUSPENDED = ("InvocationCompleted", "")


class Busy(Exception):
    """Passes by itself."""


def failed(attempt: int | None = None, error: str = "Busy") -> tuple[object, ...]:
    """A failure; without an attempt it is final."""
    return ("StepFailed", "step", error, attempt)


def waited(seconds: int) -> list[tuple[object, ...]]:
    return [("WaitStarted", "wait", seconds), SUSPENDED, ("WaitSucceeded", "wait", seconds)]


# By requirement: what the handler does one after the other (an answer, or an error), and the
# history from its first step on.
MORE = {"done": False, "next": {}}
RESULT = {"done": True, "user": {"tags": ["a", 1, None]}, "count": 2}
APPLY: dict[str, tuple[list[Any], list[tuple[object, ...]]]] = {
    "1-2": ([RESULT], [STARTED, DONE, SUSPENDED]),
    "1-3": ([MORE, RESULT], [STARTED, DONE, *waited(60), STARTED, DONE, SUSPENDED]),
    "1-4": ([RESULT], [STARTED, DONE, SUSPENDED]),
    "1-8": ([MORE, RESULT], [STARTED, DONE, *waited(60), STARTED, DONE, SUSPENDED]),
    "1-9": ([MORE, RESULT], [STARTED, DONE, *waited(60), STARTED, DONE, SUSPENDED]),
    "1-11": ([Busy(), RESULT], [STARTED, failed(1), SUSPENDED, STARTED, DONE, SUSPENDED]),
    "1-12": (
        [Busy()] * 4,
        [
            *(each for attempt in range(1, 4) for each in (STARTED, failed(attempt), SUSPENDED)),
            *(STARTED, failed(), SUSPENDED),
        ],
    ),
    "1-15": ([Busy(), RESULT], [STARTED, failed(1), SUSPENDED, STARTED, DONE, SUSPENDED]),
    "1-16": ([ValueError()], [STARTED, failed(error="ValueError"), SUSPENDED]),
    "1-19": ([ValueError()], [STARTED, failed(error="ValueError"), SUSPENDED]),
    "2-2": ([MORE, RESULT], [STARTED, DONE, *waited(60), STARTED, DONE, SUSPENDED]),
    "2-3": (
        [MORE, MORE, RESULT],
        [STARTED, DONE, *waited(60), STARTED, DONE, *waited(60), STARTED, DONE, SUSPENDED],
    ),
    "2-4": (
        [{**MORE, "wait_until": 60}, RESULT],
        [STARTED, DONE, *waited(60), STARTED, DONE, SUSPENDED],
    ),
    "2-5": (
        [{**MORE, "wait_until": 3600}, RESULT],
        [STARTED, DONE, *waited(3600), STARTED, DONE, SUSPENDED],
    ),
}


def handler(doings: list[Any]) -> Callable[[Any, Any], Any]:
    """A durable function whose steps do these things one after the other."""
    left = iter(doings)

    def handle(_event: Any, _context: Any) -> Any:
        doing = next(left)
        if isinstance(doing, Exception):
            raise doing
        if "wait_until" not in doing:
            return doing
        until = dt.datetime.fromtimestamp(NOW + doing["wait_until"], dt.timezone.utc)
        return {**doing, "wait_until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}

    return lambda event, context: durable.run(
        handle, event, context, retry_on=(Busy,), clock=lambda: NOW
    )


def shortened(event: dict[str, Any]) -> tuple[object, ...]:
    """What the requirements say of an event."""
    kind, name = event["EventType"], event.get("Name", "")
    details = event.get(f"{kind}Details") or {}
    if kind == "StepFailed":
        error = details["Error"]["Payload"]["ErrorType"].rpartition(".")[2]
        retry = details.get("RetryDetails") or {}
        # Lambda leaves it out where there is no further attempt; the testing package says 0.
        delayed = retry.get("NextAttemptDelaySeconds")
        return (kind, name, error, retry["CurrentAttempt"] if delayed else None)
    return (kind, name, details["Duration"]) if "Duration" in details else (kind, name)


@pytest.mark.parametrize("requirement", APPLY)
def test_the_history_of_an_execution_is_as_required(
    requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As many as required; a history has a hundred events in a page.
    monkeypatch.setattr(durable, "_MAX_ATTEMPTS", 4)
    doings, expected = APPLY[requirement]
    with DurableFunctionTestRunner(handler(doings), poll_interval=0.01) as runner:
        arn = runner.run_async("{}", execution_timeout=86_400)
        result = runner.wait_for_result(arn)
        events = [event.to_dict() for event in runner.get_execution_history(arn).events]
    close_loop(runner)
    assert [shortened(event) for event in events[1:-1]] == expected
    succeeds = doings[-1] == RESULT
    assert (events[0]["EventType"], events[-1]["EventType"]) == (
        "ExecutionStarted",
        "ExecutionSucceeded" if succeeds else "ExecutionFailed",
    )
    assert not succeeds or json.loads(str(result.result)) == RESULT


def test_each_requirement_of_steps_and_waits_is_accounted_for() -> None:
    every = {f"1-{number}" for number in range(1, 21)} | {f"2-{number}" for number in range(1, 6)}
    assert {*APPLY, *NOT_OURS} == every
    assert not {*APPLY} & {*NOT_OURS}
