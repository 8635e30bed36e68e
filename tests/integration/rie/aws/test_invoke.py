"""`rie invoke --deployed`: Lambda's answers, and its refusals, over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from rie.aws.invoke import MAX_WAIT_S, classify
from rie.local.client import InvocationOutcome
from surefoot.kit.time_budget import MAX_TIMEOUT_S
from tests.integration.rie.aws.conftest import Rie
from tests.support.aws_proxy import HANG_UP, AwsProxy, Reply, json_fault

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:echo"


def answer(body: Any, *, error: str = "", log: str = "", status: int = 200) -> Reply:
    """As Lambda answers Invoke; `body` is bytes, or what becomes JSON."""
    headers = {"X-Amz-Executed-Version": "$LATEST", "x-amzn-RequestId": "11-22"}
    if error:
        headers["X-Amz-Function-Error"] = error
    if log:
        headers["X-Amz-Log-Result"] = base64.b64encode(log.encode()).decode()
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, payload, headers)


def report(kind: str, message: str) -> dict[str, str]:
    return {"errorType": kind, "errorMessage": message}


def test_the_result_alone_is_on_stdout_and_the_log_on_stderr(aws_proxy: AwsProxy, rie: Rie) -> None:
    aws_proxy.answer("Invoke", answer({"a": 1}, log="START\nhello, wörld\nREPORT\n"))
    done = rie("invoke", "--deployed", "echo", "--event", '{"x": 2}')
    assert (done.code, done.out) == (0, '{"a": 1}')
    assert done.err.startswith("START\nhello, wörld\nREPORT\nsucceeded in ")
    assert "(request 11-22)" in done.err
    assert aws_proxy.calls_to("Invoke")[0].body == b'{"x": 2}'


def test_bytes_pass_unchanged(aws_proxy: AwsProxy, rie: Rie) -> None:
    aws_proxy.answer("Invoke", answer(b"\xff\x00"))
    record = json.loads(rie("invoke", "--deployed", "echo", "--json").out)
    assert (record["encoding"], record["result"]) == ("base64", "/wA=")


def test_a_version_or_an_alias_is_asked_for(aws_proxy: AwsProxy, rie: Rie) -> None:
    aws_proxy.answer("Invoke", answer(None))
    rie("invoke", "--deployed", "echo", "--qualifier", "live")
    rie("invoke", "--deployed", f"{ARN}:7")
    rie("invoke", "--deployed", "123456789012:function:echo:$LATEST")
    first, second, third = aws_proxy.calls_to("Invoke")
    assert first.query == "Qualifier=live"
    assert second.fields["FunctionName"].endswith("echo%3A7")
    assert third.fields["FunctionName"].startswith("123456789012%3Afunction%3Aecho")


@pytest.mark.parametrize(
    ("body", "code", "outcome"),
    [
        (report("ValueError", "no"), 1, "function_failed"),
        (report("Runtime.MarshalError", "no JSON"), 1, "function_failed"),
        (
            report("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 3.00 seconds"),
            3,
            "",
        ),
        ({"errorMessage": "2026-03-02T06:00:00Z 1 Task timed out after 3.00 seconds"}, 3, ""),
        (report("Runtime.ExitError", "RequestId: 1 Error: Runtime exited"), 4, "runtime_failed"),
        (report("Runtime.ImportModuleError", "Unable to import"), 4, "runtime_failed"),
        ({**report("RuntimeError", "no database here"), "requestId": ""}, 4, "runtime_failed"),
        (
            {**report("RuntimeError", "no database here"), "requestId": "11-22"},
            1,
            "function_failed",
        ),
        (report("Function.ResponseSizeTooLarge", "Response payload size"), 1, "function_failed"),
        (report("Sandbox.Failure", "out of order"), 4, "runtime_failed"),
        (report("Extension.Crash", "gone"), 4, "runtime_failed"),
    ],
)
def test_the_exit_code_says_how_the_function_failed_as_it_does_locally(
    aws_proxy: AwsProxy, rie: Rie, body: dict[str, str], code: int, outcome: str
) -> None:
    aws_proxy.answer("Invoke", answer(body, error="Unhandled"))
    done = rie("invoke", "--deployed", "echo", "--json")
    record = json.loads(done.out)
    assert done.code == record["exit_code"] == code
    assert (record["version"], record["outcome"]) == (1, outcome or "timed_out")
    assert (record["request_id"], record["http_status"], record["result"]) == ("11-22", 200, body)


def test_type_and_message_of_a_failure_are_shown(aws_proxy: AwsProxy, rie: Rie) -> None:
    aws_proxy.answer("Invoke", answer(report("ValueError", "no such name"), error="Unhandled"))
    assert "  ValueError: no such name\n" in rie("invoke", "--deployed", "echo").err


@pytest.mark.parametrize("body", [b"", b"text", b"[]", b'"Task timed out after 3.00 seconds"'])
def test_an_error_without_a_report_is_the_functions(body: bytes) -> None:
    assert classify("Unhandled", body) is InvocationOutcome.FUNCTION_FAILED


def test_a_result_that_looks_like_an_error_is_a_result() -> None:
    body = json.dumps(report("Sandbox.Timedout", "Task timed out after 3.00 seconds"))
    assert classify(None, body.encode()) is InvocationOutcome.SUCCEEDED


@pytest.mark.parametrize(
    ("refused", "reason", "remedy"),
    [
        (
            json_fault("ResourceNotFoundException", "Function not found: x", 404),
            *("there is no function echo in eu-west-1", "make deploy FUNCTION="),
        ),
        (
            json_fault("TooManyRequestsException", "Rate Exceeded.", 429),
            *("throttled; the function was not run (Rate Exceeded.)", "repeat it later"),
        ),
        (
            json_fault("AccessDeniedException", "User x is not authorized", 403),
            *("you may not invoke echo (User x", "allow lambda:InvokeFunction"),
        ),
        (
            json_fault("ResourceConflictException", "state: Pending", 409),
            *("echo is being created or changed", "aws lambda wait function-updated-v2"),
        ),
        (
            json_fault("ResourceNotReadyException", "inactive", 502),
            *("echo was inactive", "aws lambda wait function-active-v2"),
        ),
        (
            json_fault("ServiceException", "internal", 500),
            *("lambda:Invoke was refused (ServiceException)", "repeat it later"),
        ),
        (
            json_fault("KMSDisabledException", "the key is disabled", 502),
            *("KMSDisabledException): the key is disabled", "repeat it later"),
        ),
        (
            json_fault("ExpiredTokenException", "expired", 403),
            *("AWS does not accept the credentials", "AWS_PROFILE"),
        ),
        (HANG_UP, "AWS cannot be reached", "then repeat"),
    ],
)
def test_a_refusal_has_its_own_exit_code_and_is_never_repeated(
    aws_proxy: AwsProxy, rie: Rie, refused: Reply, reason: str, remedy: str
) -> None:
    aws_proxy.answer("Invoke", refused)
    done = rie("invoke", "--deployed", "echo")
    assert (done.code, done.out) == (5, "")
    assert reason in done.err
    assert remedy in done.err
    assert len(aws_proxy.calls_to("Invoke")) == 1


def test_giving_up_says_that_the_function_may_still_run(
    rie: Rie, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, never answers
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        done = rie("invoke", "--deployed", "echo", "--wait", "0.2")
    assert done.code == 5
    assert "no answer from echo within 0.2 s; it may still be running" in done.err


def test_missing_credentials_are_reported(
    rie: Rie, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    done = rie("invoke", "--deployed", "echo")
    assert done.code == 5
    assert "no usable AWS credentials" in done.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--deployed", "arn:aws:sqs:eu-west-1:123456789012:q"), "is not the ARN of a function"),
        (("--deployed", ARN, "--region", "us-west-2"), "but --region is us-west-2"),
        (("--deployed", f"{ARN}:7", "--qualifier", "8"), "names the version or alias 7 already"),
        (("--deployed", "echo", "--qualifier", ""), "'' is neither a version nor an alias"),
        (("--deployed", "no such name"), "'no such name' cannot be the name of a function"),
        (("--deployed", "x" * 65), "cannot be the name of a function"),
        (("--deployed", ""), "'' cannot be the name of a function"),
        (("--deployed", "echo", "--event", "{"), "is not JSON"),
        (("--qualifier", "live"), "--qualifier is for deployed functions only"),
        (("--region", "eu-west-1"), "--region is for deployed functions only"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_sent(
    aws_proxy: AwsProxy, rie: Rie, words: tuple[str, ...], reason: str
) -> None:
    aws_proxy.answer("Invoke", answer(None))
    done = rie("invoke", *words)
    assert done.code == 2
    assert reason in done.err
    assert aws_proxy.calls_to("Invoke") == []


def test_an_event_over_the_limit_is_refused(aws_proxy: AwsProxy, rie: Rie) -> None:
    event = '"' + "x" * 6 * 1024 * 1024 + '"'
    done = rie("invoke", "--deployed", "echo", "--event", event)
    assert done.code == 2
    assert "Lambda takes at most 6,291,456" in done.err
    assert aws_proxy.calls_to("Invoke") == []


def test_an_arn_names_its_own_region(
    aws_proxy: AwsProxy, rie: Rie, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    aws_proxy.answer("Invoke", answer("here"))
    assert rie("invoke", "--deployed", ARN).out == '"here"'


def test_an_interrupt_says_that_the_function_may_run_on(
    aws_proxy: AwsProxy, rie: Rie, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*words: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rie.aws.invoke.invoke", interrupted)
    done = rie("invoke", "--deployed", "echo")
    assert done.code == 5
    assert "gave up; the invocation may run to its end on Lambda" in done.err


@pytest.fixture
def canned(aws: str) -> Iterator[None]:
    """Lambda that answers by itself: without this, moto asks an engine for a container."""
    settings = f"{aws}/moto-api/config"
    requests.post(settings, json={"lambda": {"use_docker": False}}, timeout=30).raise_for_status()
    yield
    requests.post(settings, json={"lambda": {"use_docker": True}}, timeout=30).raise_for_status()


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
@pytest.mark.usefixtures("canned")
def test_what_was_deployed_can_be_invoked_by_what_deploy_printed(rie: Rie, image: str) -> None:
    arn = rie("deploy", "echo", "--image", image, "--yes").out.strip()
    done = rie("invoke", "--deployed", arn, "--event", '{"from": "here"}')
    assert done.code == 0
    assert "succeeded in" in done.err


def test_the_wait_is_longer_than_the_longest_time_out_of_a_function() -> None:
    assert MAX_WAIT_S > MAX_TIMEOUT_S == 1800
