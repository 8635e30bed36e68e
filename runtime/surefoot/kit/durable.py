"""Go on with an answer's ``next`` event as an AWS Lambda durable function.

A durable function is suspended while it waits, which costs nothing, and Lambda's recursion guard
does not concern it. Source: "Lambda durable functions", AWS Lambda Developer Guide. Needs the
package aws-durable-execution-sdk-python and a function that was created with DurableConfig.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from .errors import UserError
from .events import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WAIT_S = 60.0  # between two steps whose answer does not say when to go on
# What the next step needs of an answer: each step's result is a checkpoint of at most 256 KB.
_MEMBERS = ("done", "next", "wait_until")
_MAX_ATTEMPTS = 60


def run(
    handle: Callable[[Any, Any], Mapping[str, Any]],
    event: Any,
    context: Any,
    *,
    retry_on: tuple[type[Exception], ...] = (),
    clock: Callable[[], float] = time.time,
) -> Any:
    """Call `handle` as a durable step, and again with the answer's ``next``, until it is done.

    :param handle: takes an event and the invocation's context; its answer has ``done`` and, while
        that is false, ``next``, and ``wait_until`` (ISO 8601) if it knows when to go on
    :param event: the handler's first argument, in the form of durable functions
    :param context: the handler's second argument
    :param retry_on: exceptions after which the step is tried again a minute later
    :param clock: seconds since the epoch
    :returns: what Lambda expects of a durable function; its result is the last answer
    :raises UserError: the function is not durable, or the package is missing
    """
    sdk = _load_sdk()
    if isinstance(event, dict) and "DurableExecutionArn" not in event:
        raise UserError(
            "the event is not one of a durable function",
            "create the function with DurableConfig and invoke a version or alias of it, or go on "
            "in another way",
        )
    config = _step_config(retry_on)

    def step(asked: Any, durable: Any) -> Mapping[str, Any]:
        def one(_: Any) -> Mapping[str, Any]:
            answer = handle(asked, durable.lambda_context or context)
            return answer if answer["done"] else {m: answer[m] for m in _MEMBERS if m in answer}

        found: Mapping[str, Any] = durable.step(one, name="step", config=config)
        return found

    def loop(asked: Any, durable: Any) -> Mapping[str, Any]:
        answer = step(asked, durable)
        while not answer["done"]:
            wait_s = _wait_s(answer, clock())
            durable.wait(_duration(wait_s), name="wait")
            answer = step(answer["next"], durable)
        return answer

    return sdk.durable_execution(loop)(event, context)


def _wait_s(answer: Mapping[str, Any], now: float) -> int:
    until = answer.get("wait_until")
    seconds = WAIT_S if until is None else parse_time("wait_until", until) - now
    return max(math.ceil(seconds), 1)


def _load_sdk() -> Any:
    try:
        import aws_durable_execution_sdk_python as sdk
    except ImportError:
        raise UserError(
            "the package aws-durable-execution-sdk-python is not installed",
            "add it to the function's requirements",
        ) from None
    return sdk


def _duration(seconds: int) -> Any:
    from aws_durable_execution_sdk_python.config import Duration

    return Duration.from_seconds(seconds)


def _step_config(retry_on: tuple[type[Exception], ...]) -> Any:
    from aws_durable_execution_sdk_python.config import StepConfig
    from aws_durable_execution_sdk_python.retries import RetryDecision

    def strategy(error: Exception, attempts: int) -> Any:
        if isinstance(error, retry_on) and attempts < _MAX_ATTEMPTS:
            return RetryDecision.retry(_duration(int(WAIT_S)))
        return RetryDecision.no_retry()

    return StepConfig(retry_strategy=strategy)
