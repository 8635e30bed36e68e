from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.conftest import Caller


def submit(call: Caller, function: str, event: Any) -> str:
    answer = call.invoke(function, event, InvocationType="Event")
    assert answer.response["StatusCode"] == 202
    assert answer.payload == b""
    return str(answer.response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"])


def test_an_event_that_fails_is_retried_twice_and_recorded(call: Caller) -> None:
    request_id = submit(call, "fail", {"how": "raise", "n": 1})
    record = call.target.wait_for_record(request_id)
    context = record["requestContext"]
    assert context["condition"] == "RetriesExhausted"
    assert context["approximateInvokeCount"] == 3
    assert context["functionArn"].endswith(f":function:{call.target.name_of('fail')}:$LATEST")
    assert record["requestPayload"] == {"how": "raise", "n": 1}
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "no such order: 42"
    assert record["responsePayload"]["requestId"] == request_id


def test_an_event_whose_process_dies_is_recorded_too(call: Caller) -> None:
    request_id = submit(call, "fail", {"how": "exit", "status": 5})
    record = call.target.wait_for_record(request_id)
    assert record["responsePayload"]["errorType"] == "Runtime.ExitError"


def test_an_event_is_handled_after_the_caller_has_its_answer(call: Caller) -> None:
    record = call.target.wait_for_record(submit(call, "echo", {"n": 2}))
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert (record["requestPayload"], record["responsePayload"]) == ({"n": 2}, {"n": 2})
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}


def test_an_event_over_1_mb_is_refused(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        submit(call, "echo", "x" * 1024 * 1024)
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"


def test_an_event_that_is_not_json_is_refused(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        submit(call, "echo", b"not json")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"
