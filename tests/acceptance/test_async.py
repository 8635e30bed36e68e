from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.conftest import Caller
from tests.acceptance.targets import EmulatorTarget

DEADLINE_S = 60.0


def wait_for_failure(call: Caller, request_id: str) -> dict[str, Any]:
    """The record of a failed event, once its destination has it."""
    assert isinstance(call.target, EmulatorTarget)
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        text = call.target.failures.read_text() if call.target.failures.exists() else ""
        for line in text.splitlines(keepends=True):
            if line.endswith("\n") and request_id in line:
                return dict(json.loads(line))
        time.sleep(0.01)
    raise TimeoutError(request_id)


def submit(call: Caller, function: str, event: Any) -> str:
    answer = call.invoke(function, event, InvocationType="Event")
    assert answer.response["StatusCode"] == 202
    assert answer.payload == b""
    return str(answer.response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"])


def test_an_event_that_fails_is_retried_twice_and_recorded(call: Caller) -> None:
    request_id = submit(call, "fail", {"how": "raise", "n": 1})
    record = wait_for_failure(call, request_id)
    context = record["requestContext"]
    assert context["condition"] == "RetriesExhausted"
    assert context["approximateInvokeCount"] == 3
    assert context["functionArn"].endswith(":function:fail:$LATEST")
    assert record["requestPayload"] == {"how": "raise", "n": 1}
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "no such order: 42"
    assert record["responsePayload"]["requestId"] == request_id


def test_an_event_whose_process_dies_is_recorded_too(call: Caller) -> None:
    record = wait_for_failure(call, submit(call, "fail", {"how": "exit", "status": 5}))
    assert record["responsePayload"]["errorType"] == "Runtime.ExitError"


def test_an_event_is_handled_after_the_caller_has_its_answer(
    call: Caller, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = f"surefoot-acceptance-{tmp_path_factory.getbasetemp().name}-event"
    submit(call, "files", {"name": name, "content": "handled"})
    end = time.monotonic() + DEADLINE_S
    while call.invoke("files", {"name": name}).json["content"] != "handled":
        assert time.monotonic() < end
    call.invoke("files", {"name": name, "remove": True})


def test_an_event_over_1_mb_is_refused(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        submit(call, "echo", "x" * 1024 * 1024)
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"


def test_an_event_that_is_not_json_is_refused(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        submit(call, "echo", b"not json")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"
