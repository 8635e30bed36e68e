"""When a step does not run as usual: days that skip it, hours until which it is kept back.

Dates are those of the scenario's time zone, on which the event was due.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from scheduled_scaling.errors import ValidationError, suggest
from scheduled_scaling.ics import Days, read_ics
from scheduled_scaling.validation import MappingReader

RUN, SKIP, KEEP = "run", "skip", "keep"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_TIME_HINT = 'write a time of day, such as "09:00"'
_DATE = r"\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?"
_DATE_HINT = "write 2026-12-24 or 2026-12-24..2027-01-01"


@dataclass(frozen=True)
class Rule:
    """Skip these steps on these days, or keep them back `until` a time of day."""

    steps: frozenset[str]
    days: Sequence[Days]
    weekdays: frozenset[int] = frozenset()
    until: str = ""  # empty: skip
    source: str = ""  # for people

    def holds(self, step: str, day: dt.date) -> bool:
        """Return whether it is about a step that is due on a day."""
        return step in self.steps and (
            day.weekday() in self.weekdays or any(days.include(day) for days in self.days)
        )


@dataclass(frozen=True)
class Decision:
    """What becomes of a step: `until` is in seconds since the epoch, for KEEP."""

    action: str = RUN
    until: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Calendar:
    """The rules of a scenario. The first one that holds decides."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    rules: Sequence[Rule] = ()

    def decide(self, step: str, due: float, now: float) -> Decision:
        """Return what becomes of a step that was due at a time, in seconds since the epoch."""
        local = dt.datetime.fromtimestamp(due, self.zone)
        for rule in self.rules:
            if not rule.holds(step, local.date()):
                continue
            if not rule.until:
                return Decision(SKIP, reason=f"the calendar skips it: {rule.source}")
            until = self.at_time(rule.until, due)
            if until > max(now, due):
                return Decision(KEEP, until, f"the calendar keeps it back: {rule.source}")
        return Decision()

    def at_time(self, time: str, day_of: float) -> float:
        """Return a time of day on the day of a moment, both as seconds since the epoch."""
        day = dt.datetime.fromtimestamp(day_of, self.zone).date()
        return dt.datetime.combine(day, dt.time.fromisoformat(time), self.zone).timestamp()

    def next_time(self, time: str, after: float) -> float:
        """Return when it is that time of day next, in seconds since the epoch."""
        first = self.at_time(time, after)
        if first > after:
            return first
        day = dt.datetime.fromtimestamp(after, self.zone).date() + dt.timedelta(days=1)
        return dt.datetime.combine(day, dt.time.fromisoformat(time), self.zone).timestamp()


def read_zone(reader: MappingReader) -> ZoneInfo:
    """Read the member time_zone, UTC if it is missing. Raises ValidationError."""
    if "time_zone" not in reader:
        return ZoneInfo("UTC")
    name = reader.text("time_zone", r"[A-Za-z][A-Za-z0-9_+/-]*", "write it like Europe/Dublin")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(
            f"{reader.place}.time_zone", f"there is no {name!r}", "write it like Europe/Dublin"
        ) from None


def read_time(reader: MappingReader, name: str) -> str:
    """Read a time of day. Raises ValidationError."""
    return reader.text(name, _TIME, _TIME_HINT)


def read_calendar(
    reader: MappingReader,
    steps: Iterable[str],
    resting: frozenset[str],
    zone: ZoneInfo,
    fetch: Callable[[str], str],
) -> Calendar:
    """Read the calendar of a scenario.

    Unless a rule names steps, `skip` leaves the `resting` ones out: a night in which nothing was
    scaled out may be scaled in, but not the other way round. `keep` is about them.

    :param fetch: returns the text of an ICS file
    :raises ValidationError: a rule is wrong
    """
    known = frozenset(steps)
    rules = []
    for action, usual in ((SKIP, known - resting), (KEEP, resting)):
        entries = reader.mappings(action) if action in reader else []
        rules += [_rule(entry, action, usual, known, fetch) for entry in entries]
    reader.reject_unknown()
    return Calendar(zone, rules)


def _rule(
    reader: MappingReader,
    action: str,
    usual: frozenset[str],
    known: frozenset[str],
    fetch: Callable[[str], str],
) -> Rule:
    steps = usual
    if "steps" in reader:
        steps = frozenset(reader.texts("steps", r"\S+", "name steps"))
        for step in sorted(steps - known):
            raise ValidationError(
                f"{reader.place}.steps", f"there is no step {step!r}", suggest(step, known)
            )
    if not steps:
        raise ValidationError(reader.place, "it is about no step", "name some under steps")
    parts: list[str] = []
    weekdays = _read_weekdays(reader, parts)
    days = [*_read_dates(reader, parts), *_read_ics(reader, parts, fetch)]
    if not parts:
        raise ValidationError(reader.place, "it names no day", "give weekdays, dates or ics")
    until = read_time(reader, "until") if action == KEEP else ""
    reader.reject_unknown()
    source = ", ".join(parts) + (f", until {until}" if until else "")
    return Rule(steps, days, weekdays, until, source)


def _read_weekdays(reader: MappingReader, parts: list[str]) -> frozenset[int]:
    if "weekdays" not in reader:
        return frozenset()
    hint = f"known are {', '.join(WEEKDAYS)}"
    names = reader.texts("weekdays", "|".join(WEEKDAYS), hint)
    parts.append(", ".join(names))
    return frozenset(map(WEEKDAYS.index, names))


def _read_dates(reader: MappingReader, parts: list[str]) -> list[Days]:
    if "dates" not in reader:
        return []
    found = []
    for text in reader.texts("dates", _DATE, _DATE_HINT):
        first, _, last = text.partition("..")
        try:
            days = Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last or first))
        except ValueError:
            raise ValidationError(
                f"{reader.place}.dates", f"{text!r} is not a date", _DATE_HINT
            ) from None
        if days.last < days.first:
            raise ValidationError(f"{reader.place}.dates", f"{text} ends first", "swap the dates")
        found.append(days)
        parts.append(text)
    return found


def _read_ics(
    reader: MappingReader, parts: list[str], fetch: Callable[[str], str]
) -> Sequence[Days]:
    if "ics" not in reader:
        if "summary" in reader:
            reader.take("ics")
        return ()
    place = reader.text("ics")
    summary = reader.text("summary") if "summary" in reader else ""
    parts.append(f"{place} ({summary})" if summary else place)
    return read_ics(place, fetch(place), summary)


def describe(decision: Decision, zone: ZoneInfo) -> Mapping[str, str]:
    """Return what an answer says about a decision."""
    described = {"reason": decision.reason}
    if decision.until:
        described["until"] = dt.datetime.fromtimestamp(decision.until, zone).isoformat()
    return described
