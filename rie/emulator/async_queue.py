"""Asynchronous invocations of one function: a queue, retries, age, and where failures go.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rie.console import print_progress
from rie.emulator.invocation import Invocation, make_trace_id
from rie.emulator.pool import ThrottledError
from rie.emulator.settings import VERSION

RETRY_DELAYS_S = (60.0, 120.0)
MAX_AGE_S = 6 * 3600.0
_THROTTLED_DELAY_S = 1.0  # doubled with each refusal
_MAX_THROTTLED_DELAY_S = 300.0

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class AsyncSettings:
    """How events are retried. `delay_factor` shortens every wait, for tests.

    `on_failure` and `dead_letter` are ARNs of an SQS queue or SNS topic, or paths of a file.
    """

    max_retries: int = 2
    max_age_s: float = MAX_AGE_S
    delay_factor: float = 1.0
    on_failure: str | None = None
    on_success: str | None = None
    dead_letter: str | None = None
    deliver_twice: bool = False


@dataclass
class QueuedEvent:
    """An event until it was handled. Its request id is that of every attempt."""

    event: bytes
    arn: str
    client_context: str = ""
    trigger: str = "Event"
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(default_factory=make_trace_id)
    created: float = field(default_factory=time.time)
    attempts: int = 0
    state: str = "queued"

    def describe(self) -> dict[str, Any]:
        """For the console."""
        return {
            "id": self.request_id,
            "created": round(self.created, 3),
            "attempts": self.attempts,
            "state": self.state,
        }


class AsyncQueue:
    """Delivers events. `begin` starts an invocation and may raise ThrottledError."""

    def __init__(
        self,
        settings: AsyncSettings,
        begin: Callable[[Invocation], None],
        on_change: Callable[[list[dict[str, Any]]], None],
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._begin = begin
        self._on_change = on_change
        self._sleep = sleep
        self._clock = clock
        self._tasks: dict[asyncio.Task[None], QueuedEvent] = {}

    def submit(self, event: QueuedEvent) -> None:
        """Take an event; it is delivered at least once."""
        for _ in range(2 if self.settings.deliver_twice else 1):
            task = asyncio.get_running_loop().create_task(self._deliver(event))
            self._tasks[task] = event
            task.add_done_callback(self._finish)
        self._changed()

    async def drain(self) -> None:
        """Return when the queue is empty."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Drop what waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def describe(self) -> list[dict[str, Any]]:
        """What is in the queue."""
        return [event.describe() for event in self._tasks.values()]

    def _finish(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._changed()
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error  # the event loop reports it

    async def _deliver(self, event: QueuedEvent) -> None:
        retries = 0
        while True:
            invocation = await self._attempt(event)
            if invocation is None:
                return await self._give_up(event, None, "EventAgeExceeded")
            failure = invocation.answer.failure
            if failure is None:
                if self.settings.on_success:
                    record = _describe_outcome(
                        event, invocation, "Success", await invocation.answer.read()
                    )
                    await send(self.settings.on_success, record, {})
                return None
            if retries >= self.settings.max_retries:
                return await self._give_up(event, invocation, "RetriesExhausted")
            delay = RETRY_DELAYS_S[min(retries, len(RETRY_DELAYS_S) - 1)]
            retries += 1
            if not await self._wait(event, delay):
                return await self._give_up(event, invocation, "EventAgeExceeded")

    async def _report_success(self, event: QueuedEvent, invocation: Invocation) -> None:
        if self.settings.on_success:
            body = await invocation.answer.read()
            record = _describe_outcome(event, invocation, "Success", body)
            await send(self.settings.on_success, record, {})

    async def _attempt(self, event: QueuedEvent) -> Invocation | None:
        """One finished invocation; None when the event became too old before."""
        delay = _THROTTLED_DELAY_S
        while True:
            invocation = Invocation(
                event.event,
                event.arn,
                request_id=event.request_id,
                client_context=event.client_context,
                trace_id=event.trace_id,
                trigger=event.trigger,
            )
            try:
                self._begin(invocation)
            except ThrottledError:
                if not await self._wait(event, delay):
                    return None
                delay = min(2 * delay, _MAX_THROTTLED_DELAY_S)
                continue
            event.attempts += 1
            event.state = "running"
            self._changed()
            await invocation.done.wait()
            return invocation

    async def _wait(self, event: QueuedEvent, delay_s: float) -> bool:
        """Wait before another attempt; False when the event would be too old then."""
        scaled = delay_s * self.settings.delay_factor
        if self._clock() + scaled - event.created > self.settings.max_age_s:
            return False
        event.state = f"waits {delay_s:g} s"
        self._changed()
        await self._sleep(scaled)
        return True

    async def _give_up(
        self, event: QueuedEvent, invocation: Invocation | None, condition: str
    ) -> None:
        body = b"" if invocation is None else await invocation.answer.read()
        if self.settings.on_failure:
            record = _describe_outcome(event, invocation, condition, body)
            await send(self.settings.on_failure, record, {})
        if self.settings.dead_letter:
            failure = None if invocation is None else invocation.answer.failure
            attributes = {
                "RequestID": event.request_id,
                "ErrorCode": "200",
                "ErrorMessage": condition if failure is None else failure.message[:1024],
            }
            await send(self.settings.dead_letter, json.loads(event.event), attributes)

    def _changed(self) -> None:
        self._on_change(self.describe())


def _describe_outcome(
    event: QueuedEvent, invocation: Invocation | None, condition: str, body: bytes
) -> dict[str, Any]:
    """The record that a destination gets, version 1.0."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds")[:-6] + "Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": f"{event.arn.removesuffix(':' + VERSION)}:{VERSION}",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.event),
    }
    if invocation is not None:
        context = {"statusCode": 200, "executedVersion": VERSION}
        failed = {"functionError": "Unhandled"} if invocation.answer.failure else {}
        record["responseContext"] = {**context, **failed}
        try:
            record["responsePayload"] = json.loads(body)
        except ValueError:
            record["responsePayload"] = body.decode(errors="replace")
    return record


async def send(target: str, message: Any, attributes: dict[str, str]) -> None:
    """Deliver a message to a queue, a topic, or a file, which gets it as one line.

    Where that fails it is printed with the reason, so that it is not lost.
    """
    try:
        await asyncio.to_thread(_send, target, message, attributes)
    except Exception as error:
        print_progress(f"error: {target} did not take a message: {error}")
        print_progress(f"  remedy: correct the target; the message is {json.dumps(message)}")


def _send(target: str, message: Any, attributes: dict[str, str]) -> None:
    if not target.startswith("arn:"):
        line = json.dumps({"message": message, "attributes": attributes} if attributes else message)
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return
    import boto3

    service, region = target.split(":")[2:4]
    typed = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
    if service == "sqs":
        queues = boto3.client("sqs", region_name=region)
        url = queues.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
        queues.send_message(
            QueueUrl=url,
            MessageBody=json.dumps(message),
            MessageAttributes=typed,  # type: ignore[arg-type]
        )
    else:
        topics = boto3.client("sns", region_name=region)
        topics.publish(
            TopicArn=target,
            Message=json.dumps(message),
            MessageAttributes=typed,  # type: ignore[arg-type]
        )
