"""The days that an iCalendar file names.

Source: RFC 5545 (folding 3.1, VEVENT 3.6.1, RRULE 3.3.10). An event's days are those from DTSTART
to before DTEND; times are taken as they are written, without a conversion between time zones.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduled_scaling.errors import ValidationError

_FREQUENCIES = ("DAILY", "WEEKLY", "YEARLY")
_RULE_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY"}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Days:
    """The days from `first` to `last`, and their repetitions."""

    first: dt.date
    last: dt.date
    frequency: str = ""
    interval: int = 1
    count: int = 0  # 0: no end
    until: dt.date | None = None
    weekdays: frozenset[int] = frozenset()  # of a week that it repeats in; empty: that of `first`
    exceptions: frozenset[dt.date] = field(default_factory=frozenset)

    def include(self, day: dt.date) -> bool:
        """Return whether a day is one of them."""
        length = (self.last - self.first).days
        return any(self._begins(day - dt.timedelta(days=back)) for back in range(length + 1))

    def _begins(self, day: dt.date) -> bool:
        if day < self.first or day in self.exceptions:
            return False
        if not self.frequency:
            return day == self.first
        if self.until and day > self.until:
            return False
        if self.weekdays:
            return self._begins_on_weekday(day)
        if self.frequency == "YEARLY":
            number = day.year - self.first.year
            rest = int((day.month, day.day) != (self.first.month, self.first.day))
        else:
            number, rest = divmod((day - self.first).days, 7 if self.frequency == "WEEKLY" else 1)
        number, remainder = divmod(number, self.interval)
        return not rest and not remainder and not (self.count and number >= self.count)

    def _begins_on_weekday(self, day: dt.date) -> bool:
        if not self._is_in_rule(day):
            return False
        before = (self.first + dt.timedelta(days=n) for n in range((day - self.first).days))
        return not self.count or sum(map(self._is_in_rule, before)) < self.count

    def _is_in_rule(self, day: dt.date) -> bool:
        monday = self.first - dt.timedelta(days=self.first.weekday())
        weeks = (day - monday).days // 7
        return day.weekday() in self.weekdays and not weeks % self.interval


def read_ics(place: str, text: str, summary: str = "") -> Sequence[Days]:
    """Return the days of the events, or of those whose summary has `summary` in it.

    Raises ValidationError: it is not iCalendar, or has a repetition that is not understood.
    """
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    if not lines or lines[0].strip().upper() != "BEGIN:VCALENDAR":
        raise ValidationError(place, "it is not an iCalendar file", "it begins BEGIN:VCALENDAR")
    found = []
    event: dict[str, list[str]] | None = None
    nested = 0  # an alarm in an event has members of the same names
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.partition(";")[0].strip().upper(), value.strip()
        if name == "BEGIN" and value.upper() == "VEVENT":
            event = {}
        elif name == "END" and value.upper() == "VEVENT" and event is not None:
            if summary.lower() in " ".join(event.get("SUMMARY", [])).lower():
                found.append(_days(place, event))
            event = None
        elif event is not None and name in ("BEGIN", "END"):
            nested += 1 if name == "BEGIN" else -1
        elif event is not None and not nested:
            event.setdefault(name, []).append(value)
    return [days for days in found if days is not None]


def _days(place: str, event: dict[str, list[str]]) -> Days | None:
    title = " ".join(event.get("SUMMARY", ["an event"]))
    if "CANCELLED" in [status.upper() for status in event.get("STATUS", [])]:
        return None
    if "DTSTART" not in event:
        raise ValidationError(place, f"{title} has no DTSTART", "correct the file")
    first, _ = _moment(place, event["DTSTART"][0])
    last = first
    if "DTEND" in event:
        last, is_midnight = _moment(place, event["DTEND"][0])
        # The end itself is not part of the event.
        last = max(first, last - dt.timedelta(days=1) if is_midnight else last)
    elif "DURATION" in event:
        found = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(T.*)?", event["DURATION"][0])
        days = int(found[1] or 0) * 7 + int(found[2] or 0) if found else 0
        last = first + dt.timedelta(days=max(days - 1, 0))
    exceptions = {
        _moment(place, part)[0] for value in event.get("EXDATE", []) for part in value.split(",")
    }
    if "RDATE" in event:
        raise ValidationError(place, f"{title} has RDATE", "make an event for each date")
    described = Days(first, last, exceptions=frozenset(exceptions))
    for rule in event.get("RRULE", ()):
        described = _repeated(place, title, rule, described)
    return described


def _repeated(place: str, title: str, rule: str, days: Days) -> Days:
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";") if part)
    if days.frequency or not _is_understood(parts, days.first):
        raise ValidationError(
            place,
            f"{title} repeats by {rule}, which is not understood",
            f"use FREQ={', '.join(_FREQUENCIES)} with INTERVAL, COUNT or UNTIL, BYDAY of a week, "
            "or single events",
        )
    until = _moment(place, parts["UNTIL"])[0] if "UNTIL" in parts else None
    try:
        interval, count = int(parts.get("INTERVAL", "1")), int(parts.get("COUNT", "0"))
    except ValueError:
        interval = count = 0
    if interval < 1:
        raise ValidationError(place, f"{title} has the rule {rule}", "correct the file")
    weekdays = frozenset(map(_WEEKDAYS.index, filter(None, parts.get("BYDAY", "").split(","))))
    return replace(
        days,
        frequency=parts["FREQ"],
        interval=interval,
        count=count,
        until=until,
        weekdays=weekdays,
    )


def _is_understood(parts: Mapping[str, str], first: dt.date) -> bool:
    """Return whether a rule is one of those that this module follows."""
    frequency = parts.get("FREQ", "")
    if set(parts) - _RULE_PARTS or frequency not in _FREQUENCIES:
        return False
    if "BYDAY" in parts and (
        frequency != "WEEKLY"
        or parts.get("WKST", "MO") != "MO"
        or not set(parts["BYDAY"].split(",")) <= set(_WEEKDAYS)
    ):
        return False
    # Calendars add the day of DTSTART, which says nothing new.
    date = {"BYMONTH": str(first.month), "BYMONTHDAY": str(first.day)}
    given = {name: parts[name] for name in date if name in parts}
    return not given or (frequency == "YEARLY" and given == {name: date[name] for name in given})


def _moment(place: str, text: str) -> tuple[dt.date, bool]:
    """Return the date of a DATE or DATE-TIME, and whether it is the day's beginning."""
    found = re.fullmatch(r"(\d{8})(?:T(\d{6})Z?)?", text)
    try:
        if found:
            day = found[1]
            date = dt.date(int(day[:4]), int(day[4:6]), int(day[6:]))
            return date, found[2] in (None, "000000")
    except ValueError:
        pass
    raise ValidationError(place, f"{text!r} is not a date", "correct the file")
