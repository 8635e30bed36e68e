from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.conftest import Caller

MAX_ANSWER = 6_291_556


@pytest.mark.official
@pytest.mark.parametrize(
    "event",
    [
        {"a": [1, 2.5, None, True]},
        [],
        "text",
        0,
        None,
        {"deep": {"deeper": {"deepest": [[[]]]}}},
        {"unicode": "čaj ☕ 漢字", "escaped": '"\\\n\t'},
        {"long": "x" * 5_000},  # the official emulator sends it in chunks
    ],
)
def test_an_event_comes_back_as_it_was(call: Caller, event: Any) -> None:
    answer = call.invoke("echo", event)
    assert answer.json == event
    assert answer.response["StatusCode"] == 200


def test_an_event_of_almost_6_mb_is_taken(call: Caller) -> None:
    event = "x" * (6 * 1024 * 1024 - 2)
    assert call.invoke("echo", event).json == event


def test_an_event_over_6_mb_is_refused(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        call.invoke("echo", "x" * (6 * 1024 * 1024))
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_no_payload_is_an_empty_object(call: Caller) -> None:
    assert call.send("echo").json == {}


@pytest.mark.parametrize("payload", [b"{", b"nothing", b"{'a': 1}", b"\xff", b"NaN"])
def test_a_payload_that_is_not_json_is_refused(call: Caller, payload: bytes) -> None:
    with pytest.raises(ClientError) as caught:
        call.invoke("echo", payload)
    error = caught.value.response
    assert error["Error"]["Code"] == "InvalidRequestContentException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "Could not parse request body into json" in error["Error"]["Message"]


@pytest.mark.official
def test_bytes_are_the_answer_as_they_are(call: Caller) -> None:
    assert call.invoke("fail", {"how": "bytes"}).payload == b"\x00\x01\xfe\xff"


@pytest.mark.official
def test_the_largest_answer_is_taken(call: Caller) -> None:
    assert len(call.invoke("fail", {"how": "size", "bytes": MAX_ANSWER}).payload) == MAX_ANSWER


@pytest.mark.official
def test_an_answer_over_the_limit_is_an_error_and_the_next_invocation_works(call: Caller) -> None:
    answer = call.invoke("fail", {"how": "size", "bytes": MAX_ANSWER + 1})
    assert answer.json["errorType"] == "Function.ResponseSizeTooLarge"
    assert "requestId" not in answer.json
    assert "calls" in call.invoke("fail", {}).json


def test_answers_say_which_version_ran(call: Caller) -> None:
    response = call.invoke("echo", 1).response
    assert response["ExecutedVersion"] == "$LATEST"
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/json"
    assert headers["x-amzn-requestid"]
    assert "Root=1-" in headers["x-amzn-trace-id"]


@pytest.mark.official
def test_a_function_in_bash_answers(call: Caller) -> None:
    assert json.loads(call.invoke("shell", {"any": "event"}).payload) == {"from": "bash"}


def test_a_function_in_bash_fails(call: Caller) -> None:
    answer = call.invoke("shell", "fail")
    assert answer.error == "Unhandled"
    assert "exited with status 3" in answer.json["errorMessage"]
