"""sentry-sdk with its AwsLambdaIntegration, which replaces functions of AWS's client by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.compat.conftest import Function, Start
from tests.integration.compat.sink import Arrival
from tests.support.process import Client

BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: str(client.value))

INIT = """
import asyncio, json, time
import sentry_sdk
from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration
sentry_sdk.init(
    "SINK/1".replace("http://", "http://key@"),
    integrations=[AwsLambdaIntegration(timeout_warning=True)],
    traces_sample_rate=1.0,
)
"""


def items(arrival: Arrival) -> list[tuple[str, dict[str, Any]]]:
    """The type and content of each item of an envelope."""
    _, *lines = arrival.lines()
    return [(head["type"], content) for head, content in zip(lines[::2], lines[1::2], strict=True)]


def events(function: Function, kind: str, count: int = 1) -> list[tuple[dict[str, Any], int]]:
    """Wait for events of a kind: each with how many invocations had their answer by then."""

    def has_kind(arrival: Arrival) -> bool:
        return any(name == kind for name, _ in items(arrival))

    return [
        (content, arrival.answered)
        for arrival in function.sink.wait_for(has_kind, count)
        for name, content in items(arrival)
        if name == kind
    ]


def exceptions(event: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["type"], each["value"]) for each in event["exception"]["values"]]


@BOTH
def test_an_error_and_its_transaction_arrive_before_the_answer(
    start: Start, client: Client
) -> None:
    source = INIT + "def handler(event, context): raise ValueError('boom')"
    function = start(source, client=client)
    assert json.loads(function.call())["errorMessage"] == "boom"
    ((error, answered),) = events(function, "event")
    assert (exceptions(error), answered) == ([("ValueError", "boom")], 0)
    assert error["extra"]["lambda"]["function_name"] == "bench"
    ((transaction, answered),) = events(function, "transaction")
    assert (transaction["transaction"], answered) == ("bench", 0)
    assert transaction["contexts"]["trace"]["status"] == "internal_error"


@BOTH
def test_a_message_of_a_good_invocation_arrives_before_the_answer(
    start: Start, client: Client
) -> None:
    source = INIT + "def handler(event, context): sentry_sdk.capture_message('hello'); return 1"
    function = start(source, client=client)
    for number in range(2):
        assert function.call() == b"1"
        *_, (message, answered) = events(function, "event", number + 1)
        assert (message["message"], answered) == ("hello", number)


@BOTH
def test_an_error_at_import_is_reported_with_its_frames(start: Start, client: Client) -> None:
    function = start(INIT + "def load():\n    raise KeyError('table')\nload()", client=client)
    assert json.loads(function.init_error())["errorType"] == "KeyError"
    ((error, _),) = events(function, "event")
    assert exceptions(error) == [("KeyError", "'table'")]
    (value,) = error["exception"]["values"]
    assert value["stacktrace"]["frames"][-1]["function"] == "load"


def test_the_time_out_warning_arrives_before_the_time_out(start: Start) -> None:
    function = start(INIT + "def handler(event, context): time.sleep(60)")
    # The package warns 1.5 s before the deadline, if there is more than that left.
    function.deliver(b"{}", seconds=5)
    ((error, answered),) = events(function, "event")
    ((kind, _),) = exceptions(error)
    assert (kind, answered) == ("ServerlessTimeoutWarning", 0)


def test_an_error_in_a_coroutine_arrives_before_the_answer(start: Start) -> None:
    source = """
    async def handler(event, context):
        sentry_sdk.set_tag("order", "7")
        await asyncio.sleep(0)
        raise ValueError("in a coroutine")
    """
    function = start(INIT + source.replace("\n    ", "\n"))
    assert json.loads(function.call())["errorMessage"] == "in a coroutine"
    ((error, answered),) = events(function, "event")
    assert (exceptions(error), answered) == ([("ValueError", "in a coroutine")], 0)
    assert error["tags"]["order"] == "7"


def test_an_error_in_a_stream_arrives_before_its_end(start: Start) -> None:
    source = INIT + "def handler(event, context):\n    yield 'one'\n    raise ValueError('late')"
    function = start(source)
    assert function.call() == b"one"
    ((error, answered),) = events(function, "event")
    assert (exceptions(error), answered) == ([("ValueError", "late")], 0)


def test_errors_of_concurrent_coroutines_do_not_mix(start: Start) -> None:
    source = """
    arrived = 0
    both = None
    async def handler(event, context):
        global arrived, both
        both = both or asyncio.Event()
        sentry_sdk.set_tag("order", event["order"])
        arrived += 1
        if arrived == 2:
            both.set()
        await both.wait()
        raise ValueError(event["order"])
    """
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_ASYNC_CONCURRENCY": "1"}
    function = start(INIT + source.replace("\n    ", "\n"), environ=variables)
    invocations = [function.deliver(b'{"order": "%c"}' % name) for name in b"ab"]
    for each in invocations:
        function.running.answer(each)
    found = {
        (error["tags"]["order"], *exceptions(error)) for error, _ in events(function, "event", 2)
    }
    assert found == {("a", ("ValueError", "a")), ("b", ("ValueError", "b"))}
