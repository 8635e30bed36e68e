"""elastic-apm, aws-xray-sdk, epsagon, lumigo and New Relic."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import ssl
import textwrap
from pathlib import Path

import pytest

from tests.integration.compat.conftest import Start, install
from tests.integration.compat.sink import Arrival, DatagramSink
from tests.support import certificate
from tests.support.process import Client
from tests.unit.home import BASE_PYTHON

BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: str(client.value))
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

ELASTIC = {"ELASTIC_APM_SERVER_URL": "SINK", "ELASTIC_APM_DISABLE_SEND": "false"}
EPSAGON = """
import epsagon
epsagon.init(token="token", app_name="app", collector_url="SINK/traces", metadata_only=False)
"""


def records(arrivals: list[Arrival], kind: str) -> list[tuple[dict[str, object], int]]:
    """The records of a kind in Elastic's lines, with how many answers there were by then."""
    return [
        (line[kind], arrival.answered)
        for arrival in arrivals
        for line in arrival.lines()
        if kind in line
    ]


@BOTH
def test_elastic_gets_an_error_before_the_answer_and_its_transaction(
    start: Start, client: Client
) -> None:
    source = """
    from elasticapm import capture_serverless
    @capture_serverless
    def handler(event, context):
        raise ValueError("boom")
    """
    function = start(source, client=client, environ=ELASTIC)
    assert json.loads(function.call())["errorMessage"] == "boom"
    arrivals = function.sink.wait_for(lambda each: records([each], "transaction"))
    ((error, answered),) = records(function.sink.arrivals, "error")
    assert (error["exception"]["message"], answered) == ("ValueError: boom", 0)  # type: ignore[index]
    # After an error the package's flush() may return early, under either client.
    (transaction, _), *_ = records(arrivals, "transaction")
    assert transaction["name"] == "bench"
    assert transaction["faas"]["execution"] == function.request_ids[0]  # type: ignore[index]


def test_elastics_exec_wrapper_instruments_the_handler(start: Start, tmp_path: Path) -> None:
    # As in the layer: the wrapper is a program, and the module that it names is on sys.path.
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "python").symlink_to(BASE_PYTHON)
    folder = install("requirements") / "elasticapm/contrib/serverless/aws_wrapper"
    wrapper = Path(shutil.copy(folder / "elasticapm-lambda.py", layer / "elasticapm-lambda"))
    wrapper.chmod(0o755)
    shutil.copy(folder / "elasticapm_handler.py", layer)
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": str(wrapper), "PYTHONPATH": str(layer)}
    variables["PATH"] = f"{layer}:{os.defpath}"
    function = start("def handler(event, context): return 'traced'", environ=ELASTIC | variables)
    assert function.call() == b'"traced"'
    (arrival,) = function.sink.wait_for(lambda each: records([each], "transaction"))
    (transaction, answered), *_ = records([arrival], "transaction")
    assert (transaction["name"], answered) == ("bench", 0)


@BOTH
def test_xray_gets_subsegments_of_each_invocations_own_trace(start: Start, client: Client) -> None:
    source = """
    from aws_xray_sdk.core import xray_recorder
    @xray_recorder.capture("work")
    def handler(event, context):
        raise ValueError("boom")
    """
    with DatagramSink() as daemon:
        function = start(source, client=client, environ={"AWS_XRAY_DAEMON_ADDRESS": daemon.address})
        for root in ("1-5759e988-bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272794"):
            function.call(trace=f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1")
            _, segment = daemon.receive()
            assert (segment["name"], segment["trace_id"]) == ("work", root)
            assert segment["parent_id"] == "53995c3f42cd8ad8"
            assert segment["cause"]["exceptions"][0]["message"] == "boom"


@BOTH
def test_epsagon_gets_a_trace_with_the_error_before_the_answer(
    start: Start, client: Client
) -> None:
    source = "@epsagon.lambda_wrapper\ndef handler(event, context): raise ValueError('boom')"
    function = start(EPSAGON + source, client=client)
    assert json.loads(function.call())["errorMessage"] == "boom"
    (arrival,) = function.sink.wait_for(lambda each: each.path == "/traces")
    runner = next(each for each in arrival.json()["events"] if each["origin"] == "runner")
    assert (runner["exception"]["message"], arrival.answered) == ("boom", 0)
    assert runner["id"] == function.request_ids[0]


def test_epsagon_reports_a_time_out_before_it_happens(start: Start) -> None:
    source = """
    import time
    @epsagon.lambda_wrapper
    def handler(event, context):
        time.sleep(60)
    """
    function = start(EPSAGON + textwrap.dedent(source))
    # By SIGALRM, 200 ms before the deadline: the runtime's guard lends it.
    function.deliver(seconds=3)
    (arrival,) = function.sink.wait_for(lambda each: each.path == "/traces")
    runner = next(each for each in arrival.json()["events"] if each["origin"] == "runner")
    assert (runner["id"], arrival.answered) == (function.request_ids[0], 0)
    assert runner["error_code"] == 3  # ErrorCode.TIMEOUT


LUMIGO = {
    "by its decorator": """
        from lumigo_tracer import lumigo_tracer
        @lumigo_tracer(token="t_0123456789abcdef", edge_host="SINK")
        def handler(event, context):
            raise ValueError("boom")
        """,
    # It takes the function from AWS's client, by name.
    "by its own handler": """
        def handler(event, context):
            raise ValueError("boom")
        """,
}


@BOTH
@pytest.mark.parametrize("name", LUMIGO)
def test_lumigo_gets_spans_with_the_error_before_the_answer(
    start: Start, client: Client, tmp_path: Path, name: str
) -> None:
    public, key = certificate.write(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, key)
    variables = {"SSL_CERT_FILE": str(public)}
    handler = "app.handler"
    if name == "by its own handler":
        handler = "lumigo_tracer.auto_instrument_handler._handler"
        variables |= {
            "LUMIGO_ORIGINAL_HANDLER": "app.handler",
            "LUMIGO_TRACER_TOKEN": "t_0123456789abcdef",
            "LUMIGO_TRACER_HOST": "SINK",
        }
    function = start(
        LUMIGO[name], client=client, handler=handler, environ=variables, sink_tls=context
    )
    assert json.loads(function.call(trace=TRACE))["errorMessage"] == "boom"
    arrivals = function.sink.wait_for(lambda each: b"boom" in each.body)
    ended = [span for span in arrivals[0].json() if span.get("error")]
    assert (ended[0]["error"]["message"], arrivals[0].answered) == ("boom", 0)
    assert ended[0]["id"] == function.request_ids[0]
    assert "Lumigo Warning" not in function.log("boom")


@BOTH
def test_new_relic_logs_its_payload_before_the_answer(start: Start, client: Client) -> None:
    variables = {
        "NEW_RELIC_SERVERLESS_MODE_ENABLED": "true",
        "NEW_RELIC_ACCOUNT_ID": "1",
        "NEW_RELIC_PRIMARY_APPLICATION_ID": "1",
        "NEW_RELIC_TRUSTED_ACCOUNT_KEY": "1",
        "NEW_RELIC_LICENSE_KEY": "0" * 40,
        "NEW_RELIC_APP_NAME": "bench",
    }
    source = """
    import newrelic.agent
    newrelic.agent.initialize()
    from newrelic_lambda.lambda_handler import lambda_handler
    @lambda_handler()
    def handler(event, context):
        raise ValueError("boom")
    """
    function = start(source, client=client, environ=variables)
    assert json.loads(function.call())["errorMessage"] == "boom"
    printed = function.log("NR_LAMBDA_MONITORING")
    line = next(each for each in printed.splitlines() if "NR_LAMBDA_MONITORING" in each)
    data = json.loads(gzip.decompress(base64.b64decode(json.loads(line)[2])))["data"]
    (error,) = data["error_event_data"][2]
    assert error[0]["error.message"] == "boom"
    # The record of the error is written right before the answer.
    assert printed.index("NR_LAMBDA_MONITORING") < printed.index("[ERROR] ValueError")
