from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.local.client import MAX_EVENT_BYTES, InvocationOutcome, NoAnswerError, classify, invoke

if TYPE_CHECKING:
    from tests.integration.rie.conftest import Start

REPORT = b'{"errorType": "E", "errorMessage": "m", "requestId": "r-1"}'


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"a": 1}', InvocationOutcome.SUCCEEDED),
        (200, b"", InvocationOutcome.SUCCEEDED),
        (200, b"\xff\x00", InvocationOutcome.SUCCEEDED),
        (200, REPORT, InvocationOutcome.FUNCTION_FAILED),
        (200, REPORT.replace(b"r-1", b"r-2"), InvocationOutcome.SUCCEEDED),
        (200, b'{"errorType": "E", "errorMessage": "m"}', InvocationOutcome.SUCCEEDED),
        (200, b'["errorType", "errorMessage"]', InvocationOutcome.SUCCEEDED),
        (200, b'"errorType" is not JSON', InvocationOutcome.SUCCEEDED),
        (200, b"Task timed out after 3.00 seconds", InvocationOutcome.TIMED_OUT),
        (200, b'"Task timed out after 3.00 seconds"', InvocationOutcome.SUCCEEDED),
        (200, b"Task timed out after 3.00 seconds\n", InvocationOutcome.SUCCEEDED),
        (502, REPORT, InvocationOutcome.RUNTIME_FAILED),
        (502, b"", InvocationOutcome.RUNTIME_FAILED),
    ],
)
def test_an_answer_means(status: int, body: bytes, outcome: InvocationOutcome) -> None:
    assert classify(status, body, "r-1") is outcome


def test_a_result_comes_back_as_the_function_made_it(start: Start) -> None:
    answer = start("app.echo").invoke(b'{"n": [1, null, "\xc3\xa9"]}')
    assert answer.outcome is InvocationOutcome.SUCCEEDED
    assert json.loads(answer.body) == {"n": [1, None, "é"]}
    assert answer.report() is None


def test_an_error_under_status_200_is_a_failure(start: Start) -> None:
    answer = start("app.raises").invoke(b"{}")
    assert (answer.outcome, answer.status) == (InvocationOutcome.FUNCTION_FAILED, 200)
    report = answer.report()
    assert report is not None
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", "bad event")


def test_a_result_that_looks_like_an_error_is_a_result(start: Start) -> None:
    assert start("app.looks_like_an_error").invoke(b"{}").outcome is InvocationOutcome.SUCCEEDED


def test_an_answer_that_lambda_refuses_as_too_large_is_a_failure(start: Start) -> None:
    emulator = start("app.answers_too_much")
    answers = [emulator.invoke(b"{}") for _ in range(2)]  # the next invocation works as well
    assert [each.outcome for each in answers] == [InvocationOutcome.FUNCTION_FAILED] * 2
    report = answers[0].report()
    assert report is not None
    assert report["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_result_that_looks_like_a_refused_answer_is_a_result() -> None:
    message = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    result = json.dumps({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message})
    assert classify(200, result.encode(), "1") is InvocationOutcome.SUCCEEDED


def test_a_handler_that_exits_is_a_failure_and_the_next_call_works(start: Start) -> None:
    emulator = start("app.exits")
    answers = [emulator.invoke(b"{}") for _ in range(2)]
    assert [answer.outcome for answer in answers] == [InvocationOutcome.FUNCTION_FAILED] * 2
    reports = [answer.report() for answer in answers]
    assert all(report and report["errorType"] == "SystemExit" for report in reports)


def test_a_process_that_dies_is_a_failure_of_the_runtime(start: Start) -> None:
    answer = start("app.dies").invoke(b"{}")
    assert (answer.outcome, answer.status) == (InvocationOutcome.RUNTIME_FAILED, 502)
    report = answer.report()
    assert report is not None
    assert report["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in report["errorMessage"]


@pytest.mark.parametrize(
    ("handler", "kind", "message"),
    [
        ("broken.handler", "RuntimeError", "no database here"),
        (
            "app.missing",
            "Runtime.HandlerNotFound",
            "Handler 'missing' missing on module 'app'",
        ),
    ],
)
def test_an_init_error_is_a_failure_of_the_runtime(
    start: Start, handler: str, kind: str, message: str
) -> None:
    answer = start(handler).invoke(b"{}")
    assert (answer.outcome, answer.status) == (InvocationOutcome.RUNTIME_FAILED, 502)
    report = answer.report()
    assert report is not None
    assert report["errorType"] == kind
    assert message in report["errorMessage"]


def test_a_time_out_is_recognized_by_its_text(start: Start) -> None:
    answer = start("app.never_ends", timeout_s=1).invoke(b"{}")
    assert (answer.outcome, answer.status) == (InvocationOutcome.TIMED_OUT, 200)
    assert json.loads(answer.body) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {answer.request_id} Error: Task timed out after 1.00 seconds",
    }


def test_an_event_of_the_greatest_size_arrives_whole(start: Start) -> None:
    event = b'"' + b"x" * (MAX_EVENT_BYTES - 2) + b'"'
    assert start("app.echo").invoke(event).body == event


def test_a_larger_event_is_refused_before_it_is_sent() -> None:
    with pytest.raises(UserError, match="6,291,457 bytes"):
        invoke("http://nowhere.invalid", b" " * (MAX_EVENT_BYTES + 1))


def test_a_port_without_a_listener_is_reported(start: Start) -> None:
    emulator = start("app.echo")
    emulator.stop()
    with pytest.raises(NoAnswerError, match="nothing listens at"):
        invoke(emulator.url, b"{}")
