"""aws-lambda-powertools and mangum."""

from __future__ import annotations

import json

import pytest

from tests.integration.compat.conftest import Start
from tests.integration.compat.sink import DatagramSink
from tests.support.process import Client

BOTH = pytest.mark.parametrize("client", Client, ids=lambda client: str(client.value))
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

POWERTOOLS = """
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
logger, metrics, tracer = Logger(), Metrics(), Tracer()
app = APIGatewayHttpResolver()

@app.get("/orders/<order>")
def order(order):
    metrics.add_metric("Orders", MetricUnit.Count, 1)
    logger.info("an order", order=order)
    return {"order": order}

@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
@tracer.capture_lambda_handler
def handler(event, context: LambdaContext):
    return app.resolve(event, context)
"""

HTTP_EVENT = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/orders/7",
    "rawQueryString": "",
    "headers": {"host": "example.com"},
    "requestContext": {
        "accountId": "1",
        "apiId": "a",
        "domainName": "example.com",
        "http": {"method": "GET", "path": "/orders/7", "sourceIp": "127.0.0.1"},
        "stage": "$default",
    },
    "isBase64Encoded": False,
}


@BOTH
def test_powertools_logs_counts_traces_and_routes(start: Start, client: Client) -> None:
    variables = {"POWERTOOLS_SERVICE_NAME": "shop", "POWERTOOLS_METRICS_NAMESPACE": "shop"}
    with DatagramSink() as daemon:
        variables["AWS_XRAY_DAEMON_ADDRESS"] = daemon.address
        function = start(POWERTOOLS, client=client, environ=variables)
        answer = json.loads(function.call(json.dumps(HTTP_EVENT).encode(), trace=TRACE))
        _, segment = daemon.receive()
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"order": "7"})
    assert segment["name"] == "## handler"
    assert segment["annotations"] == {"ColdStart": True, "Service": "shop"}
    lines = [json.loads(line) for line in function.log('"Orders"').splitlines() if line[:1] == "{"]
    record = next(line for line in lines if line.get("message") == "an order")
    assert (record["order"], record["cold_start"], record["service"]) == ("7", True, "shop")
    assert record["function_request_id"] == function.request_ids[0]
    assert record["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert next(line for line in lines if "Orders" in line)["Orders"] == [1.0]


@BOTH
def test_mangum_serves_an_asgi_application(start: Start, client: Client) -> None:
    source = """
    import mangum
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": kind + ".complete"})
                if kind == "lifespan.shutdown":
                    return
        assert (scope["path"], scope["method"]) == ("/orders/7", "GET")
        request_id = scope["aws.context"].aws_request_id
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": request_id.encode()})
    handler = mangum.Mangum(app)
    """
    function = start(source, client=client)
    for number in range(2):
        answer = json.loads(function.call(json.dumps(HTTP_EVENT).encode()))
        assert (answer["statusCode"], answer["body"]) == (201, function.request_ids[number])


@BOTH
def test_mangum_reports_an_application_that_fails(start: Start, client: Client) -> None:
    source = """
    import mangum
    async def app(scope, receive, send):
        raise ValueError("boom")
    handler = mangum.Mangum(app, lifespan="off")
    """
    function = start(source, client=client)
    assert json.loads(function.call(json.dumps(HTTP_EVENT).encode()))["statusCode"] == 500
    assert "ValueError: boom" in function.log("boom")
