from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

from rie.demo.aws.moto_server import local_aws
from rie.emulator.async_queue import AsyncQueue, AsyncSettings, QueuedEvent
from rie.emulator.invocation import Invocation, make_failure
from rie.emulator.pool import ThrottledError
from tests.integration.rie.emulator.pools import run

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
Outcome = str | None


def _ignore(events: list[dict[str, Any]]) -> None:
    del events


class World:
    """A queue with a clock that only waiting moves; invocations end as `outcomes` say."""

    def __init__(self, outcomes: Sequence[Outcome], settings: AsyncSettings) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self.invocations: list[Invocation] = []
        self._outcomes = list(outcomes)
        self.queue = AsyncQueue(
            settings, self._begin, _ignore, sleep=self._sleep, clock=lambda: self.now
        )

    async def handle(self, event: bytes = b'{"n": 1}') -> QueuedEvent:
        queued = QueuedEvent(event, ARN, created=self.now)
        self.queue.submit(queued)
        await self.queue.drain()
        return queued

    def _begin(self, invocation: Invocation) -> None:
        outcome = self._outcomes.pop(0)
        if outcome == "throttled":
            raise ThrottledError
        self.invocations.append(invocation)
        if outcome is None:
            invocation.answer.write(b'"done"')
        failure = None if outcome is None else make_failure("Function.E", outcome)
        invocation.answer.finish(failure)
        invocation.done.set()

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def check(
    outcomes: Sequence[Outcome], settings: AsyncSettings, test: Callable[[World, QueuedEvent], None]
) -> None:
    async def body() -> None:
        world = World(outcomes, settings)
        test(world, await world.handle())

    run(body)


def read(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_event_that_is_handled_is_not_repeated() -> None:
    def test(world: World, event: QueuedEvent) -> None:
        assert (event.attempts, world.waits) == (1, [])

    check([None], AsyncSettings(), test)


def test_retries_come_after_one_and_two_minutes_with_the_same_id() -> None:
    def test(world: World, event: QueuedEvent) -> None:
        assert world.waits == [60, 120]
        assert {each.request_id for each in world.invocations} == {event.request_id}

    check(["no", "no", None], AsyncSettings(), test)


def test_a_factor_shortens_the_waits() -> None:
    def test(world: World, event: QueuedEvent) -> None:
        assert world.waits == [0.6, 1.2]

    check(["no", "no", None], AsyncSettings(delay_factor=0.01), test)


def test_what_is_throttled_waits_longer_each_time_and_costs_no_retry() -> None:
    def test(world: World, event: QueuedEvent) -> None:
        assert world.waits == [1, 2, 4, 8, 60]
        assert event.attempts == 2

    check([*["throttled"] * 4, "no", None], AsyncSettings(), test)


def test_an_event_that_is_too_old_is_given_up(tmp_path: Path) -> None:
    file = tmp_path / "failures"

    def test(world: World, event: QueuedEvent) -> None:
        assert world.now - event.created <= 100
        [record] = read(file)
        assert record["requestContext"]["condition"] == "EventAgeExceeded"
        assert record["requestContext"]["approximateInvokeCount"] == 1

    check(["no", "no"], AsyncSettings(max_age_s=59, on_failure=str(file)), test)


def test_an_event_that_never_ran_has_no_response(tmp_path: Path) -> None:
    file = tmp_path / "failures"

    def test(world: World, event: QueuedEvent) -> None:
        [record] = read(file)
        assert record["requestPayload"] == {"n": 1}
        assert "responseContext" not in record
        assert record["requestContext"]["approximateInvokeCount"] == 0

    check(["throttled"] * 9, AsyncSettings(max_age_s=100, on_failure=str(file)), test)


def test_fewer_retries_can_be_configured(tmp_path: Path) -> None:
    file = tmp_path / "failures"

    def test(world: World, event: QueuedEvent) -> None:
        assert event.attempts == 1
        assert read(file)[0]["requestContext"]["condition"] == "RetriesExhausted"

    check(["no"], AsyncSettings(max_retries=0, on_failure=str(file)), test)


def test_success_has_a_destination_too(tmp_path: Path) -> None:
    file = tmp_path / "successes"

    def test(world: World, event: QueuedEvent) -> None:
        [record] = read(file)
        assert record["requestContext"]["condition"] == "Success"
        assert record["responsePayload"] == "done"
        assert "functionError" not in record["responseContext"]

    check([None], AsyncSettings(on_success=str(file)), test)


def test_an_event_can_be_delivered_twice() -> None:
    def test(world: World, event: QueuedEvent) -> None:
        assert [each.request_id for each in world.invocations] == [event.request_id] * 2

    check([None, None], AsyncSettings(deliver_twice=True), test)


@pytest.fixture
def aws() -> Iterator[None]:
    with local_aws():
        yield


@pytest.mark.usefixtures("aws")
def test_a_dead_letter_queue_gets_the_event_and_the_reason() -> None:
    queues = boto3.client("sqs", region_name="eu-west-1")
    url = queues.create_queue(QueueName="failed")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]

    def test(world: World, event: QueuedEvent) -> None:
        received = queues.receive_message(QueueUrl=url, MessageAttributeNames=["All"])
        [message] = received["Messages"]
        assert json.loads(message["Body"]) == {"n": 1}
        attributes = {
            name: each["StringValue"] for name, each in message["MessageAttributes"].items()
        }
        assert attributes == {
            "RequestID": event.request_id,
            "ErrorCode": "200",
            "ErrorMessage": "third",
        }

    check(["first", "second", "third"], AsyncSettings(dead_letter=arn["QueueArn"]), test)


@pytest.mark.usefixtures("aws")
def test_a_topic_is_a_destination() -> None:
    topics = boto3.client("sns", region_name="eu-west-1")
    topic = topics.create_topic(Name="failed")["TopicArn"]
    queues = boto3.client("sqs", region_name="eu-west-1")
    url = queues.create_queue(QueueName="all")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    topics.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )

    def test(world: World, event: QueuedEvent) -> None:
        [message] = queues.receive_message(QueueUrl=url)["Messages"]
        record = json.loads(message["Body"])
        assert record["requestContext"]["requestId"] == event.request_id

    check(["no"], AsyncSettings(max_retries=0, on_failure=topic), test)


def test_a_target_that_takes_nothing_is_named_and_the_event_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "no such folder" / "file")

    def test(world: World, event: QueuedEvent) -> None:
        assert world.queue.describe() == []

    check(["no"], AsyncSettings(max_retries=0, dead_letter=target), test)
    said = capsys.readouterr().err
    assert f"{target} did not take a message" in said
    assert '{"n": 1}' in said


def test_stopping_drops_what_waits() -> None:
    async def body() -> None:
        world = World(["no"], AsyncSettings())

        async def never(seconds: float) -> None:
            await asyncio.Event().wait()

        queue = AsyncQueue(AsyncSettings(), world._begin, _ignore, sleep=never, clock=lambda: 0.0)
        queue.submit(QueuedEvent(b"1", ARN, created=0.0))
        while not world.invocations:  # noqa: ASYNC110  (a few rounds of the event loop)
            await asyncio.sleep(0)
        await queue.stop()
        assert queue.describe() == []

    run(body)
