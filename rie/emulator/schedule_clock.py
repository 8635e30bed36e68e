"""A clock that fires schedules; it may run faster than the real one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

from rie.emulator.async_queue import Sleep
from rie.emulator.schedules import Schedule

Fire = Callable[[Schedule, datetime], None]


class ScheduleClock:
    """`factor` seconds of its time pass in one second. What is due at one time fires together."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        fire: Fire,
        *,
        begin: datetime,
        factor: float = 1.0,
        sleep: Sleep = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._schedules = [each for each in schedules if each.enabled]
        self._fire = fire
        self._begin = begin
        self._factor = factor
        self._sleep = sleep
        self._monotonic = monotonic
        self._started = monotonic()

    def now(self) -> datetime:
        """The time of this clock, in UTC."""
        passed = (self._monotonic() - self._started) * self._factor
        return (self._begin + timedelta(seconds=passed)).astimezone(timezone.utc)

    async def run(self) -> None:
        """Fire until there is nothing left to fire, or until it is cancelled.

        A time that passed while the process was busy is not left out: it fires late.
        """
        done = self.now()
        while True:
            due = [
                (times[0], each) for each in self._schedules if (times := each.find_next(done, 1))
            ]
            if not due:
                return
            moment = min(when for when, _ in due)
            wait_s = (moment - self.now()).total_seconds() / self._factor
            if wait_s > 0:
                await self._sleep(wait_s)
                continue  # a sleep may end early
            for when, schedule in due:
                if when == moment:
                    self._fire(schedule, moment)
            done = moment
