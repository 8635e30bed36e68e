"""What a scenario says about order, days and names that are found elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from scheduled_scaling.errors import ValidationError
from scheduled_scaling.scenarios import Scenario, read_document


def written(targets: str, more: str = "") -> str:
    return f"version: 1\nscenarios:\n  night:\n    rest: in\n{more}    targets:\n{targets}"


def service(name: str, after: str = "") -> str:
    order = f", after: [{after}]" if after else ""
    steps = "steps: {out: {desired: 2}, in: {desired: 1}}"
    return f"      {name}: {{kind: ecs-service, cluster: batch, service: {name}{order}, {steps}}}\n"


def scenario(targets: str, more: str = "", fetch: Any = None) -> Scenario:
    return read_document("d", written(targets, more), fetch=fetch).scenarios["night"]


def test_on_the_way_in_the_order_is_the_other_way_round() -> None:
    found = scenario(service("db") + service("tasks", "db") + service("web", "tasks"))
    out = {"db": frozenset(), "tasks": {"db"}, "web": {"db", "tasks"}}
    back = {"db": {"tasks", "web"}, "tasks": {"web"}, "web": frozenset()}
    assert found.predecessors("out") == out
    assert found.predecessors("in") == back
    assert found.predecessors("restore") == back


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (service("a", "a"), "it goes in a circle: a after a"),
        (service("a", "b") + service("b", "a"), "it goes in a circle: a after b after a"),
        (
            service("a", "b") + service("b", "c") + service("c", "b"),
            "it goes in a circle: b after c after b",
        ),
        (service("db") + service("tasks", "dbs"), "there is no target 'dbs'; did you mean 'db'?"),
    ],
)
def test_an_impossible_order_is_refused(targets: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        scenario(targets)
    assert words in str(caught.value)


def at(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


CALENDAR = """    time_zone: Europe/Dublin
    calendar:
      skip:
        - {weekdays: [sat, sun]}
        - {dates: ['2026-12-24..2026-12-26', '2027-01-01']}
        - {ics: holidays.ics, summary: no batch, steps: [out, in]}
      keep:
        - {dates: ['2026-11-30'], until: '09:00'}
"""
ICS = (
    "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:no batch\nDTSTART;VALUE=DATE:20261208\n"
    "END:VEVENT\nEND:VCALENDAR"
)


@pytest.mark.parametrize(
    ("step", "due", "action"),
    [
        ("out", "2026-11-27T20:00+00:00", "run"),  # a Friday
        ("out", "2026-11-28T20:00+00:00", "skip"),
        ("in", "2026-11-28T06:00+00:00", "run"),  # scaling in does no harm
        ("restore", "2026-11-28T06:00+00:00", "run"),
        ("out", "2026-12-23T20:00+00:00", "run"),
        ("out", "2026-12-24T20:00+00:00", "skip"),
        ("out", "2026-12-26T20:00+00:00", "skip"),
        ("out", "2027-01-01T20:00+00:00", "skip"),
        ("out", "2026-12-08T20:00+00:00", "skip"),
        ("in", "2026-12-08T06:00+00:00", "skip"),
        ("in", "2026-11-30T06:00+00:00", "keep"),
        ("out", "2026-11-30T06:00+00:00", "run"),
        # The date of the time zone: in summer, Dublin is an hour ahead.
        ("out", "2026-07-10T23:30+00:00", "skip"),
        ("out", "2026-07-10T22:30+00:00", "run"),
    ],
)
def test_a_calendar_decides_by_the_day_on_which_an_event_is_due(
    step: str, due: str, action: str
) -> None:
    fetched: list[str] = []

    def fetch(place: str) -> str:
        fetched.append(place)
        return ICS

    calendar = scenario(service("a"), CALENDAR, fetch).calendar
    assert calendar.decide(step, at(due), at(due)).action == action
    assert fetched == ["holidays.ics"]


def test_a_step_is_kept_back_until_its_time_and_no_longer() -> None:
    calendar = scenario(service("a"), CALENDAR, lambda _: ICS).calendar
    due = at("2026-11-30T06:00+00:00")
    decision = calendar.decide("in", due, due)
    assert decision.until == at("2026-11-30T09:00+00:00")
    assert calendar.decide("in", due, decision.until).action == "run"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("    time_zone: Europe/Dubln\n", "there is no 'Europe/Dubln'; write it like Europe/D"),
        ("    calendar: {skip: [{weekdays: [saturday]}]}\n", "'saturday' does not fit; known are"),
        ("    calendar: {skip: [{dates: ['2026-02-30']}]}\n", "'2026-02-30' is not a date"),
        ("    calendar: {skip: [{dates: ['2026-02-03..2026-02-01']}]}\n", "ends first"),
        ("    calendar: {skip: [{steps: [out]}]}\n", "it names no day"),
        ("    calendar: {skip: [{weekdays: [sat], steps: [uot]}]}\n", "did you mean 'out'?"),
        ("    calendar: {keep: [{weekdays: [sat]}]}\n", "until is missing"),
        ("    calendar: {keep: [{weekdays: [sat], until: '9'}]}\n", "write a time of day"),
        ("    calendar: {skpi: []}\n", "skpi is unknown; did you mean 'skip'?"),
        ("    by: {uot: '21:00'}\n", "there is no step 'uot'; did you mean 'out'?"),
        ("    by: {out: late}\n", "write a time of day"),
    ],
)
def test_a_mistake_in_a_calendar_is_named(more: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        scenario(service("a"), more)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("time", "after", "expected"),
    [
        ("09:00", "2026-11-26T06:00+00:00", "2026-11-26T09:00+00:00"),
        ("09:00", "2026-11-26T09:00+00:00", "2026-11-27T09:00+00:00"),
        ("01:30", "2026-03-28T20:00+00:00", "2026-03-29T00:30+00:00"),  # does not exist then
        ("09:00", "2026-10-24T20:00+00:00", "2026-10-25T09:00+00:00"),  # winter time since 1:00
    ],
)
def test_the_next_time_of_day_minds_the_change_of_clocks(
    time: str, after: str, expected: str
) -> None:
    calendar = scenario(service("a"), "    time_zone: Europe/Dublin\n").calendar
    found = calendar.next_time(time, at(after))
    assert abs(found - at(expected)) <= 3600 * (time == "01:30")


class Lookup:
    """What a test's account has."""

    def outputs(self, stack: str) -> Mapping[str, str]:
        assert stack == "nightly"
        return {
            "Service": "arn:aws:ecs:eu-west-1:1:service/batch/made-7F3",
            "Db": "db-1x",
            "Batch": "batch",
        }

    def tagged(self, kind: str, tags: Mapping[str, str]) -> Sequence[str]:
        assert tags == {"aws:cloudformation:logical-id": "Workers"}
        return {
            "ecs:service": [
                "arn:aws:ecs:eu-west-1:1:service/batch/one",
                "arn:aws:ecs:eu-west-1:1:service/other/two",
            ],
            "rds:cluster": [],
            "ecs:cluster": [f"arn:a:ecs:r:1:cluster/{name}" for name in "fxyedc"],
            "docdb-elastic:cluster": ["arn:aws:docdb-elastic:r:1:cluster/0f7c-1b"],
            "autoscaling:autoScalingGroup": [
                "arn:aws:autoscaling:r:1:autoScalingGroup:6f:autoScalingGroupName/made-1X"
            ],
        }[kind]


TAGS = "{tags: {'aws:cloudformation:logical-id': Workers}}"


def found(kind: str, address: str) -> Mapping[str, str]:
    states = {"docdb-instances": "{readers: 1}", "docdb-elastic": "{shards: 1}"}
    state = states.get(kind, "{desired: 1}")
    target = f"      a: {{kind: {kind}, {address}, steps: {{out: {state}, in: {state}}}}}\n"
    document = read_document("d", written(target), Lookup())
    return document.scenario("night", "out").targets[0].address


def test_names_come_from_outputs_of_a_stack() -> None:
    address = "cluster: batch, service: {stack: nightly, output: Service}"
    assert found("ecs-service", address) == {"cluster": "batch", "service": "made-7F3"}
    address = "cluster: {stack: nightly, output: Db}"
    assert found("docdb-instances", address) == {"cluster": "db-1x"}


def test_names_come_from_tags() -> None:
    address = f"cluster: batch, service: {TAGS}"
    assert found("ecs-service", address) == {"cluster": "batch", "service": "one"}
    assert found("auto-scaling-group", f"group: {TAGS}") == {"group": "made-1X"}
    assert found("docdb-elastic", f"name: {TAGS}") == {"name": "0f7c-1b"}


@pytest.mark.parametrize("cluster", ["batch", "{stack: nightly, output: Batch}"])
def test_a_service_is_looked_for_in_its_cluster_in_whatever_order_they_are_written(
    cluster: str,
) -> None:
    address = f"service: {TAGS}, cluster: {cluster}"
    assert found("ecs-service", address) == {"cluster": "batch", "service": "one"}


def test_a_bound_cannot_be_found_by_tags() -> None:
    address = f"namespace: ecs, dimension: d, resource: {TAGS}"
    with pytest.raises(ValidationError, match="resource of scalable-target cannot be found by"):
        found("scalable-target", address)


@pytest.mark.parametrize(
    ("kind", "address", "words"),
    [
        ("docdb-instances", f"cluster: {TAGS}", "Workers; none has"),
        ("ecs-service", f"cluster: {TAGS}, service: a", "6 have: c, d, e, f, x; choose"),
        (
            "docdb-instances",
            "cluster: {stack: nightly, output: DB}",
            "the stack nightly has no output DB",
        ),
        ("docdb-instances", "cluster: {stack: nightly}", "output is missing"),
        ("docdb-instances", "cluster: {stck: nightly}", "stack is missing"),
    ],
)
def test_a_name_that_is_not_found_is_an_error(kind: str, address: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        found(kind, address)
    assert words in str(caught.value)


def test_a_scenario_that_cannot_be_looked_up_leaves_the_others_alone() -> None:
    lost = "cluster: {stack: nightly, output: Lost}"
    text = written(service("a")) + (
        f"  other:\n    targets:\n      b: {{kind: docdb-instances, {lost}, "
        "steps: {out: {readers: 1}}}\n"
    )
    document = read_document("d", text, Lookup())
    assert document.scenario("night", "out")
    with pytest.raises(ValidationError, match="has no output Lost"):
        document.scenario("other", "out")
