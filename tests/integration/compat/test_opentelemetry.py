"""OpenTelemetry: the instrumentor, opentelemetry-instrument, as exec wrapper; and logfire."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.integration.compat.conftest import Function, Start, install
from tests.integration.compat.sink import Arrival
from tests.support.process import Client
from tests.unit.home import BASE_PYTHON

BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: str(client.value))

EXPORT = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "SINK",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_BSP_SCHEDULE_DELAY": "600000",
}

INSTRUMENTED = """
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.aws_lambda import AwsLambdaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
"""


def traces(function: Function, count: int = 1) -> list[Arrival]:
    return function.sink.wait_for(lambda each: each.path == "/v1/traces", count)


@BOTH
def test_the_instrumentor_exports_a_span_before_the_answer(start: Start, client: Client) -> None:
    source = INSTRUMENTED + (
        "def handler(event, context): raise ValueError('boom')\n"
        "AwsLambdaInstrumentor().instrument()"
    )
    function = start(source, "requirements-opentelemetry", client=client, environ=EXPORT)
    assert json.loads(function.call())["errorMessage"] == "boom"
    (arrival,) = traces(function)
    assert arrival.answered == 0
    for text in (b"bench", b"ValueError", b"boom", function.request_ids[0].encode()):
        assert text in arrival.body


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """opentelemetry-instrument, for the interpreter without packages."""
    program = tmp_path / "opentelemetry-instrument"
    module = "opentelemetry.instrumentation.auto_instrumentation"
    program.write_text(f"#!/bin/sh\nexec {BASE_PYTHON} -c 'import {module} as m; m.run()' \"$@\"\n")
    program.chmod(0o755)
    return program


def test_opentelemetry_instrument_as_exec_wrapper(start: Start, program: Path) -> None:
    packages = install("requirements-opentelemetry")
    function = start(
        "def handler(event, context): return 'traced'",
        "requirements-opentelemetry",
        environ=EXPORT | {"AWS_LAMBDA_EXEC_WRAPPER": str(program), "PYTHONPATH": str(packages)},
    )
    assert function.call() == b'"traced"'
    (arrival,) = traces(function)
    assert arrival.answered == 0
    assert function.request_ids[0].encode() in arrival.body


@BOTH
def test_opentelemetry_instrument_as_the_program(
    start: Start, program: Path, client: Client
) -> None:
    packages = install("requirements-opentelemetry")
    function = start(
        "def handler(event, context): return 'traced'",
        "requirements-opentelemetry",
        client=client,
        environ=EXPORT | {"PYTHONPATH": f"{packages}:RUNTIME"},
        command=[str(program), sys.executable, "-m", client.value],
    )
    assert function.call() == b'"traced"'
    (arrival,) = traces(function)
    assert arrival.answered == 0
    assert function.request_ids[0].encode() in arrival.body


@BOTH
def test_logfire_exports_its_span_before_the_answer(start: Start, client: Client) -> None:
    source = """
    import logfire
    logfire.configure(
        token="token", send_to_logfire=True, console=False,
        advanced=logfire.AdvancedOptions(base_url="SINK"),
    )
    def handler(event, context):
        logfire.info("an order")
        raise ValueError("boom")
    logfire.instrument_aws_lambda(handler)
    """
    function = start(source, "requirements-opentelemetry", client=client)
    assert json.loads(function.call())["errorMessage"] == "boom"
    arrivals = traces(function)
    assert all(arrival.answered == 0 for arrival in arrivals)
    sent = b"".join(arrival.body for arrival in arrivals)
    for text in (b"an order", b"ValueError", function.request_ids[0].encode()):
        assert text in sent
