"""Chains of invocations: what one hands to the next, and what stops them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from surefoot import ContinuationError, NoProgress, Resumable
from surefoot.kit.resumable import MAX_INVOCATIONS, Chain
from surefoot.testing import fake_context


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


class Lambda:
    """Keeps what is sent to it."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def invoke(self, **arguments: Any) -> dict[str, int]:
        self.calls.append(arguments)
        return {"StatusCode": 202}


@pytest.mark.parametrize("state", [None, 0, "x", [1, {"a": None}], {"before": "id", "seen": ""}])
def test_the_next_invocation_has_the_state_its_number_and_the_time_of_the_first(
    state: object,
) -> None:
    clock = Clock()
    first = Chain({"stack": "s"}, "work", clock=clock)
    assert (first.state, first.invocation, first.started_at) == (None, 1, clock.now)
    event = json.loads(json.dumps(first.next_event({"stack": "s"}, state)))
    assert event["stack"] == "s"
    clock.now += 60
    second = Chain(event, "work", clock=clock)
    assert (second.state, second.invocation, second.elapsed_s) == (state, 2, 60.0)
    third = Chain(second.next_event({}, state), "work", clock=clock)
    assert (third.invocation, third.started_at) == (3, first.started_at)


def test_the_time_limit_counts_from_the_first_invocation() -> None:
    clock = Clock()
    event = Chain({}, "work", time_limit_s=100, clock=clock).next_event({}, 1)
    clock.now += 70
    second = Chain(event, "work", time_limit_s=100, clock=clock)
    assert second.remaining_s == 30
    clock.now += 70
    assert second.remaining_s == 0


def test_a_chain_without_a_limit_goes_on() -> None:
    assert Chain({}, "work").remaining_s == float("inf")


@pytest.mark.parametrize("event", [None, [], "text", {}, {"continuation": None}])
def test_anything_without_a_token_begins_a_chain(event: object) -> None:
    assert Chain(event, "work").invocation == 1


def test_a_token_of_other_work_or_of_a_loop_is_rejected() -> None:
    event = Chain({}, "other").next_event({}, 1)
    with pytest.raises(ContinuationError, match="belongs to the work 'other', not to 'work'"):
        Chain(event, "work")
    loop = Resumable({}, fake_context(), name="work")
    for _ in loop.iterate([[1, 2, 3]], key=lambda item: item):
        loop.stop()
    with pytest.raises(ContinuationError, match="holds the position of a loop"):
        Chain(loop.result(), "work")


def test_a_state_without_a_json_form_is_rejected() -> None:
    with pytest.raises(ContinuationError, match="not JSON serializable"):
        Chain({}, "work").next_event({}, object())


def test_self_invocation_sends_the_next_event_to_the_same_function() -> None:
    client, context, clock = Lambda(), fake_context(), Clock()
    chain = Chain({}, "work", clock=clock)
    chain.invoke_next(client, context, {"step": "poll"}, {"seen": "id"})
    (call,) = client.calls
    assert (call["FunctionName"], call["InvocationType"]) == (
        context.invoked_function_arn,
        "Event",
    )
    payload = json.loads(call["Payload"])
    assert payload == chain.next_event({"step": "poll"}, {"seen": "id"})
    assert Chain(payload, "work").state == {"seen": "id"}


def test_a_chain_that_only_invokes_itself_ends() -> None:
    client, clock, context = Lambda(), Clock(), fake_context()
    chain = Chain({}, "work", clock=clock)
    for _ in range(MAX_INVOCATIONS - 1):
        chain.invoke_next(client, context, {}, "the same")
        chain = Chain(json.loads(client.calls[-1]["Payload"]), "work", clock=clock)
    with pytest.raises(NoProgress, match=r"work was invoked 1,000 times within 0 s and is not"):
        chain.invoke_next(client, context, {}, "the same")
    assert len(client.calls) == MAX_INVOCATIONS - 1
