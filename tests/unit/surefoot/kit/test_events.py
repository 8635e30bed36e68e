"""Events of EventBridge rules, of EventBridge Scheduler, and as they are."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.kit.errors import UserError
from surefoot.kit.events import Delivery, parse_time, unwrap_event

ARN = "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/evening"
EVENT: dict[str, Any] = {
    "id": "9a4e1a29",
    "source": "aws.scheduler",
    "time": "2026-11-22T20:00:00Z",
    "resources": [ARN],
    "detail": '{"step": "out"}',
}
DUE = 1_795_377_600.0


@pytest.mark.parametrize("event", [{"step": "out"}, {}, [], "text", None, 7])
def test_an_event_without_a_detail_is_its_own_payload(event: object) -> None:
    assert unwrap_event(event) == Delivery(event)


def test_a_schedule_sends_its_detail_as_text_and_is_recognised_when_delivered_twice() -> None:
    first = unwrap_event(EVENT)
    assert first == Delivery({"step": "out"}, f"{ARN}@2026-11-22T20:00:00Z", ARN, DUE)
    assert unwrap_event({**EVENT, "id": "another attempt"}) == first


def test_a_rule_sends_its_detail_as_an_object_and_is_recognised_by_its_id() -> None:
    event = {**EVENT, "source": "aws.events", "detail": {"step": "out"}}
    assert unwrap_event(event) == Delivery({"step": "out"}, "9a4e1a29", ARN, DUE)


@pytest.mark.parametrize(("detail", "payload"), [("", {}), ("{}", {}), ({}, {}), ("[1]", [1])])
def test_an_empty_detail_is_an_empty_object(detail: object, payload: object) -> None:
    assert unwrap_event({"detail": detail}) == Delivery(payload)


@pytest.mark.parametrize("resources", [None, [], "arn:x", {}])
def test_resources_that_are_not_a_list_of_arns_are_ignored(resources: object) -> None:
    delivery = unwrap_event({**EVENT, "resources": resources})
    assert (delivery.resource, delivery.key) == ("", "9a4e1a29")


def test_a_detail_that_is_not_json_is_an_error() -> None:
    with pytest.raises(UserError, match=r"the event's detail is not JSON \(Expecting"):
        unwrap_event({"detail": "{step: out}"})


@pytest.mark.parametrize(
    "text", ["2026-11-22T20:00:00Z", "2026-11-22T20:00:00", "2026-11-22T21:00:00+01:00"]
)
def test_a_time_without_an_offset_is_utc(text: str) -> None:
    assert parse_time("time", text) == DUE


@pytest.mark.parametrize("text", ["20:00", "", 7, None])
def test_a_time_that_is_none_is_an_error_with_its_member(text: object) -> None:
    with pytest.raises(UserError, match=r"scheduled-time: .* is not a time; write 2026-"):
        parse_time("scheduled-time", text)
