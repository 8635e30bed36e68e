from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.conftest import Caller


def stream(call: Caller, function: str, event: bytes, **options: Any) -> list[dict[str, Any]]:
    name = call.target.name_of(function)
    response = call.target.client(function).invoke_with_response_stream(
        FunctionName=name, Payload=event, **options
    )
    assert response["StatusCode"] == 200
    assert response["ExecutedVersion"] == "$LATEST"
    return [dict(each) for each in response["EventStream"]]


def join(events: list[dict[str, Any]]) -> bytes:
    return b"".join(each["PayloadChunk"]["Payload"] for each in events if "PayloadChunk" in each)


def test_chunks_come_one_by_one_and_end_with_complete(call: Caller) -> None:
    *chunks, last = stream(call, "stream", b'{"chunks": 4}')
    assert join(chunks) == b"".join(b"chunk %d\n" % number for number in range(4))
    assert "ErrorCode" not in last["InvokeComplete"]


def test_an_error_after_the_first_chunk_is_in_complete(call: Caller) -> None:
    *chunks, last = stream(call, "stream", b'{"fail_after": 1}')
    assert join(chunks) == b"chunk 0\nchunk 1\n"
    assert last["InvokeComplete"]["ErrorCode"] == "Function.ValueError"
    assert "broke off" in last["InvokeComplete"]["ErrorDetails"]


def test_a_handler_that_does_not_stream_is_one_answer(call: Caller) -> None:
    *chunks, last = stream(call, "echo", b'{"a": 1}')
    assert join(chunks) == b'{"a": 1}'
    assert last["InvokeComplete"] == {}


def test_an_error_before_the_first_chunk_has_no_chunks(call: Caller) -> None:
    [last] = stream(call, "fail", b'{"how": "raise"}')
    assert last["InvokeComplete"]["ErrorDetails"] == "no such order: 42"


def test_complete_has_the_log_if_it_was_wanted(call: Caller) -> None:
    *_, last = stream(call, "stream", b"{}", LogType="Tail")
    assert b"REPORT RequestId: " in base64.b64decode(last["InvokeComplete"]["LogResult"])


def test_a_stream_of_an_unknown_function_is_not_found(call: Caller) -> None:
    client = call.target.client("stream")
    with pytest.raises(ClientError) as caught:
        client.invoke_with_response_stream(FunctionName="surefoot-no-such-function")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.official
def test_invoke_buffers_a_stream(call: Caller) -> None:
    assert call.invoke("stream", {"chunks": 2}).payload == b"chunk 0\nchunk 1\n"
