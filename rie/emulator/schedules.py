"""Schedules of EventBridge Scheduler and of EventBridge rules: when they fire, and with what.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError

from rie.emulator.settings import ACCOUNT, read_region
from rie.errors import UserError

SCHEDULER = "scheduler"
RULE = "rule"
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)")
_CRON = re.compile(r"cron\((.+)\)")
_AT = re.compile(r"at\(\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\s*\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_UNKNOWN = "write cron(…) with six fields, rate(…) or at(…), as EventBridge takes them"


@dataclass(frozen=True)
class Schedule:
    """One schedule. `begin` is when a rate starts to count; `text` is the target's input."""

    name: str
    function: str
    kind: str
    expression: str
    begin: datetime
    time_zone: str = "UTC"
    enabled: bool = True
    text: str | None = None
    window_minutes: int = 0

    @property
    def arn(self) -> str:
        """Of the schedule or the rule."""
        if self.kind == SCHEDULER:
            return f"arn:aws:scheduler:{read_region()}:{ACCOUNT}:schedule/default/{self.name}"
        return f"arn:aws:events:{read_region()}:{ACCOUNT}:rule/{self.name}"

    def find_next(self, after: datetime, count: int = 5) -> list[datetime]:
        """The next times in UTC, at most `count`. Raises UserError for a wrong expression."""
        if match := _RATE.fullmatch(self.expression):
            step = timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
            return self._find_by_rate(after, count, step)
        if match := _CRON.fullmatch(self.expression):
            return self._find_by_cron(after, count, match[1])
        if (match := _AT.fullmatch(self.expression)) and self.kind == SCHEDULER:
            moment = self._to_utc(datetime.fromisoformat(match[1]))
            return [moment] if moment is not None and moment > after else []
        raise UserError(f"{self.name}: {self.expression} is not a schedule", _UNKNOWN)

    def make_event(self, scheduled: datetime) -> bytes:
        """The event of one firing, with the placeholders of Scheduler filled in."""
        moment = scheduled.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.text is None:
            return json.dumps(self._make_default(moment)).encode()
        if self.kind == RULE:
            return self.text.encode()
        filled = self.text
        for name, value in {
            "schedule-arn": self.arn,
            "scheduled-time": moment,
            "execution-id": uuid.uuid4().hex,
            "attempt-number": "1",
        }.items():
            filled = filled.replace(f"<aws.scheduler.{name}>", value)
        return filled.encode()

    def _make_default(self, moment: str) -> dict[str, Any]:
        scheduler = self.kind == SCHEDULER
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler" if scheduler else "aws.events",
            "account": ACCOUNT,
            "time": moment,
            "region": read_region(),
            "resources": [self.arn],
            "detail": "{}" if scheduler else {},  # Scheduler sends a string there
        }

    def _find_by_rate(self, after: datetime, count: int, step: timedelta) -> list[datetime]:
        if not step:
            raise UserError(f"{self.name}: {self.expression} has no length", _UNKNOWN)
        passed = max(0, (after - self.begin) // step)
        times = (self.begin + step * (passed + number) for number in range(count + 2))
        return [each for each in times if each > after and each > self.begin][:count]

    def _find_by_cron(self, after: datetime, count: int, fields: str) -> list[datetime]:
        """By the local clock: what it skips does not fire, what it repeats fires once."""
        try:
            cron = AwsCroniter(fields)
        except (AwsCroniterExpressionError, ValueError) as error:
            raise UserError(f"{self.name}: {self.expression}: {error}", _UNKNOWN) from error
        local = after.astimezone(self._zone()).replace(tzinfo=timezone.utc, fold=0)
        found: list[datetime] = []
        position = local - timedelta(hours=3)  # the clock may have been put back since
        while len(found) < count:
            [following] = cron.get_next(position, 1)
            if following is None:
                break  # its years are over
            position = following
            moment = self._to_utc(position.replace(tzinfo=None))
            if moment is not None and moment > after:
                found.append(moment)
        return found

    def _to_utc(self, local: datetime) -> datetime | None:
        """A local time in UTC, the first of two; None where the clock skips it."""
        zoned = local.replace(tzinfo=self._zone())
        moment = zoned.astimezone(timezone.utc)
        back = moment.astimezone(self._zone()).replace(tzinfo=None)
        return moment if back == local else None

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, ValueError) as error:
            raise UserError(
                f"{self.name}: there is no time zone {self.time_zone}", "name one as Europe/Prague"
            ) from error
