"""datadog-lambda: the decorator, its own handler, log correlation, its time-out guard."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from tests.integration.compat.conftest import Function, Start
from tests.support.process import Client

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 15), reason="datadog-lambda requires a Python before 3.15"
)
BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: str(client.value))

# Without Datadog's extension, metrics and traces are lines of the log.
TO_LOG = {"DD_FLUSH_TO_LOG": "true", "DD_SERVICE": "shop", "DD_COLD_START_TRACING": "false"}

DECORATED = """
import logging, time
from datadog_lambda.metric import lambda_metric
from datadog_lambda.wrapper import datadog_lambda_wrapper
@datadog_lambda_wrapper
def handler(event, context):
    logging.getLogger().warning("an order")
    lambda_metric("orders", 7)
    time.sleep(event.get("seconds", 0))
    raise ValueError("boom")
"""


def span(function: Function, error: str) -> dict[str, Any]:
    """Wait for the invocation's span; return it."""
    printed = function.log(f'"error.message": "{error}"')
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith('{"traces"')]
    spans = [each for line in lines for trace in line["traces"] for each in trace]
    return next(each for each in spans if each["name"] == "aws.lambda")


def assert_boom_was_traced(function: Function) -> None:
    found = span(function, "boom")
    assert (found["error"], found["resource"], found["service"]) == (1, "bench", "shop")
    assert found["meta"]["request_id"] == function.request_ids[0]
    printed = function.log("aws.lambda.enhanced.errors")
    assert '"m":"orders","v":7' in printed
    # The record of the error is written right before the answer.
    assert printed.index('{"traces"') < printed.index("[ERROR] ValueError")


@BOTH
def test_the_decorator_traces_counts_and_correlates(start: Start, client: Client) -> None:
    function = start(DECORATED, "requirements-datadog", client=client, environ=TO_LOG)
    assert json.loads(function.call())["errorMessage"] == "boom"
    assert_boom_was_traced(function)
    pattern = (
        rf"\[WARNING\]\t\S+Z\t{function.request_ids[0]}\t"
        r"\[dd\.trace_id=\w+ dd\.span_id=\d+\]\tan order\n"
    )
    assert re.search(pattern, function.log("an order"))


@BOTH
def test_its_own_handler_wraps_the_one_that_a_variable_names(start: Start, client: Client) -> None:
    source = DECORATED.replace("@datadog_lambda_wrapper\n", "")
    function = start(
        source,
        "requirements-datadog",
        client=client,
        handler="datadog_lambda.handler.handler",
        environ=TO_LOG | {"DD_LAMBDA_HANDLER": "app.handler"},
    )
    assert json.loads(function.call())["errorMessage"] == "boom"
    assert_boom_was_traced(function)


@BOTH
def test_its_own_handler_reports_an_error_at_import(start: Start, client: Client) -> None:
    function = start(
        "raise KeyError('table')",
        "requirements-datadog",
        client=client,
        handler="datadog_lambda.handler.handler",
        environ=TO_LOG | {"DD_LAMBDA_HANDLER": "app.handler"},
    )
    assert json.loads(function.init_error())["errorType"] == "KeyError"
    assert span(function, "'table'")["error"] == 1


def test_its_time_out_guard_and_the_runtimes_both_act(start: Start) -> None:
    variables = TO_LOG | {"DD_APM_FLUSH_DEADLINE_MILLISECONDS": "1000"}
    function = start(DECORATED, "requirements-datadog", environ=variables)
    function.deliver(b'{"seconds": 60}', seconds=4)
    found = span(function, "Datadog detected an Impending Timeout")
    assert found["meta"]["request_id"] == function.request_ids[0]
    assert 'app.py", line' in function.log("is about to time out; the stacks above")
