from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from rie.emulator.schedule_clock import ScheduleClock
from rie.emulator.schedules import RULE, SCHEDULER, Schedule
from rie.emulator.template_schedules import read_schedules
from rie.errors import UserError
from rie.paths import ROOT

BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def make(expression: str, zone: str = "UTC", kind: str = SCHEDULER, **options: object) -> Schedule:
    return Schedule("s", "f", kind, expression, BEGIN, zone, **options)  # type: ignore[arg-type]


def find(expression: str, after: str, count: int = 3, zone: str = "UTC") -> list[str]:
    times = make(expression, zone).find_next(datetime.fromisoformat(f"{after}+00:00"), count)
    return [each.isoformat()[:16] for each in times]


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("cron(0 6 ? * MON-FRI *)", ["2026-01-30T06:00", "2026-02-02T06:00", "2026-02-03T06:00"]),
        ("cron(0 8 1W * ? *)", ["2026-02-02T08:00", "2026-03-02T08:00", "2026-04-01T08:00"]),
        ("cron(0 8 L * ? *)", ["2026-01-31T08:00", "2026-02-28T08:00", "2026-03-31T08:00"]),
        ("cron(0 8 ? * 2#1 *)", ["2026-02-02T08:00", "2026-03-02T08:00", "2026-04-06T08:00"]),
        ("cron(0 8 ? * 6L *)", ["2026-01-30T08:00", "2026-02-27T08:00", "2026-03-27T08:00"]),
        ("cron(0/20 0 * * ? *)", ["2026-01-30T00:20", "2026-01-30T00:40", "2026-01-31T00:00"]),
        ("cron(0 0 1 1 ? 2027)", ["2027-01-01T00:00"]),
        ("rate(1 day)", ["2026-01-31T00:00", "2026-02-01T00:00", "2026-02-02T00:00"]),
        ("rate(12 hours)", ["2026-01-30T12:00", "2026-01-31T00:00", "2026-01-31T12:00"]),
        ("at(2026-02-01T10:00:00)", ["2026-02-01T10:00"]),
        ("at(2026-01-01T10:00:00)", []),
        ("cron(0 0 30 2 ? *)", []),
        ("cron(0 0 1 1 ? 2025)", []),
    ],
)
def test_an_expression_has_its_next_times(expression: str, times: list[str]) -> None:
    assert find(expression, "2026-01-30T00:00") == times


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 6 * * *)",
        "cron(61 6 * * ? *)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "at(tomorrow)",
        "every day",
    ],
)
def test_a_wrong_expression_is_named(expression: str) -> None:
    with pytest.raises(UserError) as caught:
        make(expression).find_next(BEGIN)
    assert expression in str(caught.value)


def test_a_rule_has_no_single_time() -> None:
    with pytest.raises(UserError):
        make("at(2026-02-01T10:00:00)", kind=RULE).find_next(BEGIN)


def test_a_time_is_the_zones_in_winter_and_summer() -> None:
    assert find("cron(0 6 * * ? *)", "2026-03-27T12:00", zone="Europe/Prague") == [
        "2026-03-28T05:00",
        "2026-03-29T04:00",  # the clock was put forward in that night
        "2026-03-30T04:00",
    ]


def test_a_time_that_the_clock_skips_does_not_fire() -> None:
    assert find("cron(30 2 * * ? *)", "2026-03-27T12:00", zone="Europe/Prague") == [
        "2026-03-28T01:30",
        "2026-03-30T00:30",
        "2026-03-31T00:30",
    ]


def test_a_time_that_the_clock_repeats_fires_once() -> None:
    assert find("cron(30 2 * * ? *)", "2026-10-24T12:00", zone="Europe/Prague") == [
        "2026-10-25T00:30",
        "2026-10-26T01:30",
        "2026-10-27T01:30",
    ]
    between = "2026-10-25T01:10"  # 02:10 for the second time
    assert find("cron(30 2 * * ? *)", between, 1, "Europe/Prague") == ["2026-10-26T01:30"]


def test_a_rate_of_days_is_24_hours_on_every_day() -> None:
    assert find("rate(1 day)", "2026-03-28T12:00", 2, "Europe/Prague") == [
        "2026-03-29T00:00",
        "2026-03-30T00:00",
    ]


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(UserError, match="Europe/Nowhere"):
        make("cron(0 6 * * ? *)", "Europe/Nowhere").find_next(BEGIN)


def test_placeholders_of_an_input_are_filled() -> None:
    text = (
        '{"at": "<aws.scheduler.scheduled-time>", "arn": "<aws.scheduler.schedule-arn>", '
        '"id": "<aws.scheduler.execution-id>", "n": "<aws.scheduler.attempt-number>"}'
    )
    event = json.loads(make("rate(1 day)", text=text).make_event(BEGIN))
    assert event["at"] == "2026-01-01T00:00:00Z"
    assert event["arn"].endswith(":schedule/default/s")
    assert len(event["id"]) == 32
    assert event["n"] == "1"


def test_without_an_input_the_event_is_the_services_own() -> None:
    scheduler = json.loads(make("rate(1 day)").make_event(BEGIN))
    rule = json.loads(make("rate(1 day)", kind=RULE).make_event(BEGIN))
    assert (scheduler["source"], scheduler["detail"]) == ("aws.scheduler", "{}")
    assert (rule["source"], rule["detail"]) == ("aws.events", {})
    assert rule["detail-type"] == scheduler["detail-type"] == "Scheduled Event"
    assert rule["time"] == "2026-01-01T00:00:00Z"


def test_the_templates_of_functions_are_read() -> None:
    found = read_schedules(ROOT / "functions" / "scheduled_scaling", "scheduled_scaling", BEGIN)
    assert len(found) >= 2
    for schedule in found:
        assert schedule.function == "scheduled_scaling"
        assert schedule.find_next(BEGIN, 1)
        assert json.loads(schedule.make_event(BEGIN))


@pytest.mark.parametrize(("wanted", "names"), [("", ["always"]), ("now", ["always", "wanted"])])
def test_conditions_decide_by_the_defaults_of_parameters(
    tmp_path: Path, wanted: str, names: list[str]
) -> None:
    (tmp_path / "template.yaml").write_text(f"""
Parameters:
  Wanted: {{Type: String, Default: "{wanted}"}}
Conditions:
  IsAbsent: !Equals [!Ref Wanted, ""]
  IsWanted: !And [!Not [!Condition IsAbsent], !Or [!Condition IsAbsent, !Equals [1, "1"]]]
Resources:
  Extra:
    Type: AWS::Scheduler::Schedule
    Condition: IsWanted
    Properties:
      Name: wanted
      ScheduleExpression: !If [IsWanted, rate(1 hour), ""]
      FlexibleTimeWindow: {{Mode: "OFF"}}
      Target: {{Arn: any}}
  Usual:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: always
      ScheduleExpression: rate(1 hour)
      ScheduleExpressionTimezone: !If [IsWanted, Europe/Prague, !Ref AWS::NoValue]
      FlexibleTimeWindow: {{Mode: "OFF"}}
      Target: {{Arn: any}}
""")
    found = read_schedules(tmp_path, "f", BEGIN)
    assert sorted(each.name for each in found) == names
    assert {each.name: each.time_zone for each in found}["always"] == (
        "Europe/Prague" if wanted else "UTC"
    )


def test_a_template_is_resolved_with_defaults(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("""
Parameters:
  When: {Type: String, Default: rate(5 minutes)}
  State: {Type: String, Default: DISABLED}
Resources:
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: !Ref When
      ScheduleExpressionTimezone: America/New_York
      State: !Ref State
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 15}
      Target: {Arn: !GetAtt Function.Arn, Input: !Sub '{"in": "${AWS::Region} ${When}"}'}
  Hourly:
    Type: AWS::Events::Rule
    Properties:
      Name: hourly
      ScheduleExpression: !Join [" ", ["cron(0 *", "* * ? *)"]]
      Targets: [{Id: a, Arn: b}, {Id: c, Arn: d, Input: '{"n": 2}'}]
""")
    nightly, first, second = read_schedules(tmp_path, "f", BEGIN)
    assert (nightly.name, nightly.expression, nightly.enabled) == (
        "Nightly",
        "rate(5 minutes)",
        False,
    )
    assert (nightly.time_zone, nightly.window_minutes) == ("America/New_York", 15)
    assert nightly.text == '{"in": "us-east-1 rate(5 minutes)"}'
    assert (first.name, first.kind, first.expression) == ("hourly", RULE, "cron(0 * * * ? *)")
    assert (first.text, second.text) == (None, '{"n": 2}')


def test_a_function_without_a_template_has_no_schedules(tmp_path: Path) -> None:
    assert read_schedules(tmp_path, "f", BEGIN) == []


def test_a_template_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_bytes(
        b"# caf\xe9\nResources: {A: {ScheduleExpression: x}}\n"
    )
    with pytest.raises(UserError, match=r"cannot read .*template\.yaml: .*0xe9"):
        read_schedules(tmp_path, "f", BEGIN)


def test_a_clock_with_a_factor_fires_in_order_and_omits_what_is_disabled() -> None:
    seconds = [0.0]
    fired: list[tuple[str, str]] = []
    waits: list[float] = []
    schedules = [
        Schedule("hourly", "f", SCHEDULER, "rate(1 hour)", BEGIN),
        Schedule("once", "f", SCHEDULER, "at(2026-01-01T02:00:00)", BEGIN),
        Schedule("never", "f", SCHEDULER, "rate(1 minute)", BEGIN, enabled=False),
    ]

    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        seconds[0] += wait_s
        if len(waits) > 3:
            raise asyncio.CancelledError

    def fire(schedule: Schedule, moment: datetime) -> None:
        fired.append((schedule.name, moment.isoformat()[11:16]))

    async def run() -> None:
        clock = ScheduleClock(
            schedules, fire, begin=BEGIN, factor=3600, sleep=sleep, monotonic=lambda: seconds[0]
        )
        with pytest.raises(asyncio.CancelledError):
            await clock.run()
        assert clock.now() == BEGIN + timedelta(hours=4)

    asyncio.run(run())
    assert waits == pytest.approx([1.0] * 4)
    assert fired == [
        ("hourly", "01:00"),
        ("hourly", "02:00"),
        ("once", "02:00"),
        ("hourly", "03:00"),
    ]


def test_a_clock_without_further_times_ends() -> None:
    fired: list[str] = []
    seconds = [0.0]

    async def sleep(wait_s: float) -> None:
        seconds[0] += wait_s

    schedule = Schedule("once", "f", SCHEDULER, "at(2026-01-01T02:00:00)", BEGIN)
    clock = ScheduleClock(
        [schedule],
        lambda each, _: fired.append(each.name),
        begin=BEGIN,
        sleep=sleep,
        monotonic=lambda: seconds[0],
    )
    asyncio.run(clock.run())
    assert fired == ["once"]
