"""The days that an iCalendar file names."""

from __future__ import annotations

import datetime as dt

import pytest

from scheduled_scaling.errors import ValidationError
from scheduled_scaling.ics import read_ics


def calendar(*events: str) -> str:
    inner = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inner}END:VCALENDAR\r\n"


def days(text: str, summary: str = "", year: int = 2026, span: int = 365) -> list[str]:
    found = read_ics("x.ics", text, summary)
    first = dt.date(year, 1, 1)
    every = [first + dt.timedelta(days=number) for number in range(span)]
    return [f"{day:%m-%d}" for day in every if any(each.include(day) for each in found)]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART;VALUE=DATE:20261224", ["12-24"]),
        ("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227", ["12-24", "12-25", "12-26"]),
        ("DTSTART:20261224T200000Z\r\nDTEND:20261225T060000Z", ["12-24", "12-25"]),
        ("DTSTART:20261224T200000\r\nDTEND:20261225T000000", ["12-24"]),
        ("DTSTART;TZID=Europe/Dublin:20261224T090000\r\nDURATION:PT1H", ["12-24"]),
        ("DTSTART;VALUE=DATE:20261224\r\nDURATION:P2D", ["12-24", "12-25"]),
        ("DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY", ["12-25"]),
        ("DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY;UNTIL=20251231", []),
        ("DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY;COUNT=6", []),
        ("DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY;COUNT=7", ["12-25"]),
        ("DTSTART;VALUE=DATE:20231225\r\nRRULE:FREQ=YEARLY;INTERVAL=3", ["12-25"]),
        ("DTSTART;VALUE=DATE:20241225\r\nRRULE:FREQ=YEARLY;INTERVAL=4", []),
        ("DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;COUNT=2", ["01-05", "01-12"]),
        (
            "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2",
            ["01-05", "01-19"],
        ),
        (
            "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20260106",
            ["01-05", "01-07"],
        ),
        ("DTSTART;VALUE=DATE:20261224\r\nDURATION:P1W", [f"12-{day}" for day in range(24, 31)]),
        ("DTSTART;VALUE=DATE:20261224\r\nDURATION:P1W1D", [f"12-{day}" for day in range(24, 32)]),
        ("DTSTART;VALUE=DATE:20261224\r\nDURATION:P0D", ["12-24"]),
        (
            "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=5",
            ["01-05", "01-09", "01-12", "01-16", "01-19"],
        ),
        (
            (
                "DTSTART;VALUE=DATE:20260107\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;"
                "UNTIL=20260121"
            ),
            ["01-07", "01-19", "01-21"],
        ),
        (
            (
                "DTSTART;VALUE=DATE:20260102\r\nRRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=3\r\n"
                "EXDATE;VALUE=DATE:20260109"
            ),
            ["01-02", "01-16"],
        ),
        (
            "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4",
            ["01-05", "01-11", "01-19", "01-25"],
        ),
        ("DTSTART;VALUE=DATE:20261224\r\nDTSTART;VALUE=DATE:20261225", ["12-24"]),
        ("DTSTART:20261224\r\nDTEND:20261226\r\nDTEND:20261228", ["12-24", "12-25"]),
        (
            "BEGIN:VALARM\r\nDTSTART:20260101\r\nEND:VALARM\r\nDTSTART;VALUE=DATE:20261224",
            ["12-24"],
        ),
        (
            "DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25",
            ["12-25"],
        ),
        ("DTSTART;VALUE=DATE:20261224\r\nSTATUS:CANCELLED", []),
        (
            "DTSTART;VALUE=DATE:20261224\r\nBEGIN:VALARM\r\nDTSTART:20260101\r\nEND:VALARM",
            ["12-24"],
        ),
        ("DTSTART;VAL\r\n UE=DATE:2026\r\n\t1224", ["12-24"]),
    ],
)
def test_days_of_an_event(event: str, expected: list[str]) -> None:
    assert days(calendar(event)) == expected


def test_events_are_chosen_by_their_summary() -> None:
    text = calendar(
        "SUMMARY:No batch tonight\r\nDTSTART;VALUE=DATE:20260301",
        "SUMMARY:Lunch\r\nDTSTART;VALUE=DATE:20260302",
    )
    assert days(text, "no BATCH") == ["03-01"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "it is not an iCalendar file"),
        (calendar("SUMMARY:x"), "x has no DTSTART"),
        (calendar("DTSTART:tomorrow"), "'tomorrow' is not a date"),
        (calendar("DTSTART:20261340"), "'20261340' is not a date"),
        (calendar("DTSTART:20260101\r\nRRULE:FREQ=MONTHLY"), "repeats by FREQ=MONTHLY"),
        *(
            (calendar(f"SUMMARY:x\r\nDTSTART:20260101\r\nRRULE:{rule}"), f"x repeats by {rule}")
            for rule in (
                "FREQ=WEEKLY;BYDAY=1MO",
                "FREQ=YEARLY;BYDAY=MO",
                "FREQ=DAILY;BYDAY=MO",
                "FREQ=WEEKLY;BYDAY=MO;WKST=SU",
                "FREQ=WEEKLY;BYDAY=",
                "FREQ=WEEKLY;BYMONTH=1",
                "FREQ=YEARLY;BYMONTH=2",
                "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=2",
                "FREQ=DAILY;BYSETPOS=1",
                "INTERVAL=2",
            )
        ),
        (
            calendar("DTSTART:20260101\r\nRRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY"),
            "repeats by FREQ=WEEKLY",
        ),
        (calendar("DTSTART:20260101\r\nRRULE:FREQ=DAILY;INTERVAL=x"), "has the rule"),
        (calendar("DTSTART:20260101\r\nRRULE:FREQ=DAILY;COUNT=x"), "has the rule"),
        (calendar("DTSTART:20260101\r\nRRULE:FREQ=DAILY;INTERVAL=0"), "has the rule"),
        (calendar("DTSTART:20260101\r\nRDATE:20260201"), "has RDATE"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=r"x\.ics: ") as caught:
        read_ics("x.ics", text)
    assert words in str(caught.value)
