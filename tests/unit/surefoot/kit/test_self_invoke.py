"""Going on in another invocation: what is sent to Lambda, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from surefoot.kit.self_invoke import MAX_EVENT_BYTES, invoke_again
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
    invoke_again(client, context, {"left": [1, 2]})
    (call,) = client.calls
    assert call["FunctionName"] == context.invoked_function_arn
    assert call["InvocationType"] == "Event"
    assert json.loads(call["Payload"]) == {"left": [1, 2]}


def test_a_state_that_no_event_can_hold_is_refused_before_the_call() -> None:
    client = Lambda()
    with pytest.raises(ValueError, match="keep less in it"):
        invoke_again(client, fake_context(), {"left": "x" * MAX_EVENT_BYTES})
    assert client.calls == []


def test_an_answer_that_accepts_nothing_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="200 instead of 202"):
        invoke_again(Lambda(200), fake_context(), {})
