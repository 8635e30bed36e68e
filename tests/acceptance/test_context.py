from __future__ import annotations

import base64
import json

import pytest

from tests.acceptance.conftest import Caller


@pytest.mark.official
def test_the_context_describes_the_function(call: Caller) -> None:
    seen = call.invoke("describe", {}).json
    assert seen["version"] == "$LATEST"
    assert seen["memory"] == "256"
    assert seen["log_group"].startswith("/aws/lambda/")
    assert 0 < seen["remaining_ms"] <= 30_000


def test_the_request_id_is_the_callers(call: Caller) -> None:
    answer = call.invoke("describe", {})
    headers = answer.response["ResponseMetadata"]["HTTPHeaders"]
    assert answer.json["request_id"] == headers["x-amzn-requestid"]


def test_the_arn_has_the_qualifier_that_the_caller_used(call: Caller) -> None:
    name = call.target.name_of("describe")
    plain = call.invoke("describe", {}).json["arn"]
    assert plain.endswith(f":function:{name}")
    for qualified in ({"Qualifier": "$LATEST"}, {"FunctionName": f"{name}:$LATEST"}):
        assert call.invoke("describe", {}, **qualified).json["arn"] == f"{plain}:$LATEST"


def test_a_client_context_reaches_the_handler(call: Caller) -> None:
    context = {"custom": {"order": "42"}, "env": {"locale": "cs"}, "client": {"app_title": "Shop"}}
    encoded = base64.b64encode(json.dumps(context, indent=1).encode()).decode()
    seen = call.invoke("describe", {}, ClientContext=encoded).json
    assert (seen["custom"], seen["environment"]) == ({"order": "42"}, {"locale": "cs"})
    assert seen["app_title"] == "Shop"


def test_each_invocation_has_a_trace(call: Caller) -> None:
    answers = [call.invoke("describe", {}) for _ in range(2)]
    traces = [answer.json["trace"] for answer in answers]
    assert traces[0] != traces[1]
    headers = [answer.response["ResponseMetadata"]["HTTPHeaders"] for answer in answers]
    assert [each["x-amzn-trace-id"].split(";")[0] for each in headers] == [
        trace.split(";")[0] for trace in traces
    ]


@pytest.mark.official
def test_the_environment_is_the_functions(call: Caller) -> None:
    names = ["TABLE", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_REGION", "AWS_EXECUTION_ENV", "HOME"]
    variables = call.invoke("describe", {"variables": names}).json["variables"]
    assert variables["TABLE"] == "orders"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["AWS_REGION"]


def test_what_lambda_does_not_set_is_not_there(call: Caller) -> None:
    names = ["AWS_LAMBDA_FUNCTION_TIMEOUT", "HOSTNAME", "AWS_LAMBDA_MAX_CONCURRENCY"]
    variables = call.invoke("describe", {"variables": names}).json["variables"]
    assert variables == dict.fromkeys(names)


@pytest.mark.official
def test_a_process_serves_one_invocation_after_the_other(call: Caller) -> None:
    first, second = call.invoke("describe", {}).json, call.invoke("describe", {}).json
    assert second["started_ns"] == first["started_ns"]
    assert second["calls"] == first["calls"] + 1
    assert second["request_id"] != first["request_id"]


def test_snapstart_hooks_run_around_the_snapshot(call: Caller) -> None:
    assert call.invoke("snapshot", {}).json == ["before the snapshot", "after the restore"]
    assert call.invoke("snapshot", {}).json == ["before the snapshot", "after the restore"]


@pytest.mark.official
def test_files_in_tmp_are_kept(call: Caller, tmp_path_factory: pytest.TempPathFactory) -> None:
    name = f"surefoot-acceptance-{tmp_path_factory.getbasetemp().name}-{call.target.name}"
    assert call.invoke("files", {"name": name, "content": "kept"}).json["content"] == "kept"
    assert call.invoke("files", {"name": name, "remove": True}).json["content"] == "kept"
    assert call.invoke("files", {"name": name}).json["content"] is None


def test_files_in_tmp_outlive_the_process(
    call: Caller, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = f"surefoot-acceptance-{tmp_path_factory.getbasetemp().name}-died"
    died = call.invoke("files", {"name": name, "content": "kept", "die": True})
    assert died.json["errorType"] == "Runtime.ExitError"
    assert call.invoke("files", {"name": name, "remove": True}).json["content"] == "kept"


def test_nothing_runs_between_invocations(call: Caller) -> None:
    first = call.invoke("tick", {"start": True}).json
    call.invoke("meet", {"seconds": 1.0})  # time goes by
    second = call.invoke("tick", {}).json
    elapsed_ms = (second["monotonic_ns"] - first["monotonic_ns"]) / 1e6
    assert elapsed_ms >= 1000
    assert second["ticks"] - first["ticks"] < elapsed_ms / 2
