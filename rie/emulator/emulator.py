"""The functions of an emulator, found by name, and everything that can be done with them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rie.emulator.async_queue import AsyncQueue, AsyncSettings, QueuedEvent, Sleep
from rie.emulator.errors import ApiError, make_not_found
from rie.emulator.invocation import Invocation
from rie.emulator.journal import Journal
from rie.emulator.pool import Pool, ThrottledError
from rie.emulator.settings import VERSION, FunctionSettings

if TYPE_CHECKING:  # its library takes 30 ms to load
    from rie.emulator.schedules import Schedule

ONLY = "function"  # what the official RIE calls its only function
_NAME = re.compile(
    r"(arn:[a-z-]+:lambda:(?P<region>[a-z0-9-]+):)?((?P<account>\d{12}):)?(function:)?"
    r"(?P<name>[A-Za-z0-9-_]+)(:(?P<qualifier>\$LATEST|[A-Za-z0-9-_]+))?"
)


class HostedFunction:
    """One function: its environments and its asynchronous queue."""

    def __init__(
        self,
        settings: FunctionSettings,
        journal: Journal,
        async_settings: AsyncSettings | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.pool = Pool(settings, journal)
        self._journal = journal
        self._followers: set[asyncio.Task[None]] = set()

        def queue_changed(events: list[dict[str, Any]]) -> None:
            journal.queue_changed(settings.name, events)

        self.queue = AsyncQueue(
            async_settings or AsyncSettings(), self.begin, queue_changed, sleep=sleep
        )

    def begin(self, invocation: Invocation) -> None:
        """Start an invocation and follow it to its end. Raises ThrottledError."""
        self.pool.start(invocation)
        self._journal.invocation_started(self.settings.name, invocation)
        task = asyncio.get_running_loop().create_task(self._follow(invocation))
        self._followers.add(task)
        task.add_done_callback(self._followers.discard)

    def invoke(self, invocation: Invocation) -> None:
        """Start an invocation for a caller. Raises ApiError."""
        try:
            self.begin(invocation)
        except ThrottledError as error:
            raise ApiError(
                429,
                "TooManyRequestsException",
                "Rate Exceeded.",
                {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
            ) from error

    def submit(self, event: QueuedEvent) -> None:
        """Invoke asynchronously."""
        self.queue.submit(event)

    async def stop(self) -> None:
        """End everything."""
        await self.queue.stop()
        await self.pool.stop()
        await asyncio.gather(*self._followers)

    async def _follow(self, invocation: Invocation) -> None:
        await invocation.done.wait()
        body = await invocation.answer.read()
        self._journal.invocation_finished(self.settings.name, invocation, body)


class Emulator:
    """Several functions."""

    def __init__(self, functions: Sequence[HostedFunction], journal: Journal) -> None:
        self.functions = {each.settings.name: each for each in functions}
        self.journal = journal
        self.schedules: list[Schedule] = []

    def set_schedules(self, schedules: list[Schedule]) -> None:
        """Take the schedules that were read, and show them."""
        self.schedules = schedules
        self.journal.schedules_changed()

    def fire(self, schedule: Schedule, moment: datetime) -> str:
        """Invoke a schedule's function as EventBridge does; the request's id."""
        function = self.functions[schedule.function]
        event = QueuedEvent(
            schedule.make_event(moment), function.settings.arn, trigger=f"Schedule {schedule.name}"
        )
        function.submit(event)
        return event.request_id

    def find(self, identifier: str, qualifier: str | None = None) -> tuple[HostedFunction, str]:
        """A function, and the ARN as the caller qualified it. Raises ApiError.

        `identifier` is a name, a partial or full ARN, or ONLY where there is one function.
        """
        match = _NAME.fullmatch(identifier)
        if match is None:
            text = f"Value '{identifier}' at 'functionName' failed to satisfy constraint: "
            text += (
                "Member must satisfy regular expression pattern: a name, a partial or a full ARN"
            )
            raise ApiError(400, "ValidationException", f"1 validation error detected: {text}")
        name = match["name"]
        if name == ONLY and name not in self.functions and len(self.functions) == 1:
            name = next(iter(self.functions))
        if match["qualifier"] and qualifier and match["qualifier"] != qualifier:
            text = "The derived qualifier from the function name does not match the specified "
            raise ApiError(400, "InvalidParameterValueException", f"{text}qualifier.")
        wanted = qualifier or match["qualifier"]
        function = self.functions.get(name)
        if function is None:
            raise make_not_found(name, wanted)
        if wanted and wanted not in {VERSION, *function.settings.aliases}:
            raise make_not_found(name, wanted)
        arn = function.settings.arn
        return function, f"{arn}:{wanted}" if wanted else arn

    async def stop(self) -> None:
        """End all functions."""
        await asyncio.gather(*(each.stop() for each in self.functions.values()))
        self.journal.close()
