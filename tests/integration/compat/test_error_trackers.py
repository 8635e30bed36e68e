"""honeybadger, rollbar and bugsnag."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.compat.conftest import Function, Start
from tests.support.process import Client

BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: str(client.value))

HONEYBADGER = """
import asyncio
from honeybadger import honeybadger
honeybadger.configure(api_key="key", endpoint="SINK", environment="production")
"""

ROLLBAR = """
import rollbar
rollbar.init("token", "production", endpoint="SINK/api/1/")
"""

BUGSNAG = """
import time
import bugsnag
bugsnag.configure(
    api_key="0123456789abcdef0123456789abcdef", endpoint="SINK", session_endpoint="SINK/sessions"
)
"""


def notice(function: Function) -> tuple[dict[str, Any], int]:
    """Wait for Honeybadger's notice; return it with how many answers there were by then."""
    (arrival,) = function.sink.wait_for(lambda each: each.path == "/v1/notices/")
    content = arrival.json()
    assert content["request"]["component"] == "bench"
    return content["error"], arrival.answered


@BOTH
def test_honeybadger_gets_an_error_of_the_handler(start: Start, client: Client) -> None:
    source = HONEYBADGER + "def handler(event, context): raise ValueError(event['order'])"
    function = start(source, client=client)
    assert json.loads(function.call(b'{"order": "seven"}'))["errorMessage"] == "seven"
    error, answered = notice(function)
    assert (error["class"], error["message"], answered) == ("ValueError", "seven", 0)


@pytest.mark.parametrize(
    "handler",
    [
        "async def handler(event, context):\n    await asyncio.sleep(0)\n    raise ValueError('a')",
        "def handler(event, context):\n    yield 'one'\n    raise ValueError('a')",
        "async def handler(event, context):\n    yield 'one'\n    raise ValueError('a')",
    ],
    ids=["coroutine", "stream", "async stream"],
)
def test_honeybadger_gets_errors_that_awslambdaric_has_no_handlers_for(
    start: Start, handler: str
) -> None:
    function = start(HONEYBADGER + handler)
    function.call()
    error, answered = notice(function)
    assert (error["class"], error["message"], answered) == ("ValueError", "a", 0)


@BOTH
def test_rollbar_gets_an_error_before_the_answer(start: Start, client: Client) -> None:
    source = "@rollbar.lambda_function\ndef handler(event, context): raise ValueError('boom')"
    function = start(ROLLBAR + source, client=client)
    assert json.loads(function.call())["errorMessage"] == "boom"
    (arrival,) = function.sink.wait_for(lambda each: each.path == "/api/1/item/")
    data = arrival.json()["data"]
    assert data["body"]["trace"]["exception"] == {"class": "ValueError", "message": "boom"}
    assert data["custom"]["lambda"]["request_id"] == function.request_ids[0]
    assert arrival.answered == 0


@BOTH
def test_bugsnag_gets_an_error_before_the_answer(start: Start, client: Client) -> None:
    source = "@bugsnag.aws_lambda_handler\ndef handler(event, context): raise ValueError('boom')"
    function = start(BUGSNAG + source, client=client)
    assert json.loads(function.call())["errorMessage"] == "boom"
    (arrival,) = function.sink.wait_for(lambda each: each.path == "/")
    (event,) = arrival.json()["events"]
    (exception,) = event["exceptions"]
    assert (exception["errorClass"], exception["message"]) == ("ValueError", "boom")
    assert event["metaData"]["AWS Lambda Context"]["function_name"] == "bench"
    assert arrival.answered == 0


def test_bugsnag_reports_a_time_out_before_it_happens(start: Start) -> None:
    source = "@bugsnag.aws_lambda_handler\ndef handler(event, context): time.sleep(60)"
    function = start(BUGSNAG + source)
    # The package reports it 1 s before the deadline.
    function.deliver(seconds=4)
    (arrival,) = function.sink.wait_for(lambda each: each.path == "/")
    (event,) = arrival.json()["events"]
    assert event["exceptions"][0]["errorClass"].endswith("LambdaTimeoutApproaching")
    assert arrival.answered == 0
