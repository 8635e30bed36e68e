"""Self-invocation: what is sent to Lambda, and which events are rejected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from surefoot.kit.self_invoke import MAX_EVENT_BYTES, invoke_self_async
from surefoot.testing import fake_context


class Lambda:
    def __init__(self, status: int = 202) -> None:
        self.status = status
        self.calls: list[dict[str, Any]] = []

    def invoke(self, **arguments: Any) -> dict[str, int]:
        self.calls.append(arguments)
        return {"StatusCode": self.status}


def test_the_same_function_is_invoked_without_waiting_for_it() -> None:
    client, context = Lambda(), fake_context()
    invoke_self_async(client, context, {"left": [1, 2]})
    (call,) = client.calls
    assert call["FunctionName"] == context.invoked_function_arn
    assert call["InvocationType"] == "Event"
    assert json.loads(call["Payload"]) == {"left": [1, 2]}


def test_an_event_that_is_too_large_is_rejected_before_the_call() -> None:
    client = Lambda()
    with pytest.raises(ValueError, match="keep less state in it"):
        invoke_self_async(client, fake_context(), {"left": "x" * MAX_EVENT_BYTES})
    assert client.calls == []


def test_an_answer_that_accepts_nothing_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="200, not 202"):
        invoke_self_async(Lambda(200), fake_context(), {})
