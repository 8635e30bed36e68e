"""What people write: scenarios, events, settings. Each mistake is named, with a remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scheduled_scaling.errors import ValidationError
from scheduled_scaling.event import read_event
from scheduled_scaling.scenarios import read_document
from scheduled_scaling.settings import Rate, Settings
from surefoot.kit.errors import UserError

NOW = 1_795_000_000.0
EVENING = 1_795_377_600.0
ARN = "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/evening"


def document(**changes: Any) -> str:
    """A document of one ECS target, with members of the target changed; None removes one."""
    target: dict[str, Any] = {
        "kind": "ecs-service",
        "cluster": "batch",
        "service": "workers",
        "steps": {"out": {"desired": 2}},
    }
    target |= changes
    target = {name: value for name, value in target.items() if value is not None}
    return json.dumps({"version": 1, "scenarios": {"night": {"targets": {"workers": target}}}})


WRITTEN = """
version: 1
scenarios:
  night:
    targets:
      workers: {{kind: ecs-service, cluster: batch, service: workers, steps: {{out: {}}}}}
"""
AT = "d.scenarios.night.targets.workers"
MISTAKES = {
    "no YAML": ("a: [", "d: it cannot be read"),
    "no mapping": ("[]", "d: it is a list"),
    "empty": ("", "d: it is empty; write a mapping"),
    "twice in YAML": ("version: 1\nversion: 1", "'version' is there twice"),
    "twice in JSON": ('{"version": 1, "version": 1}', "'version' is there twice"),
    "version": ('{"version": 2}', "d.version: it is of another version; write version: 1"),
    "misspelt": ('{"version": 1, "scenario": {}}', "scenarios is missing; add scenarios, or is "),
    "number as a name": ("version: 1\nscenarios: {1: {}}", "the name 1 is not text; quote it"),
    "leading zero": (WRITTEN.format("{desired: 010}"), "out.desired: it is a text (010); write a"),
    "time of day": (WRITTEN.format("{desired: 20:00}"), "desired: it is a text (20:00); write a"),
    "minutes with a point": (WRITTEN.format("{desired: 1:30.0}"), "it is a text (1:30.0); write a"),
    "underscores": (WRITTEN.format("{desired: 1_000.0}"), "it is a text (1_000.0); write a num"),
    "an old number with its tag": (WRITTEN.format("{desired: !!int 010}"), "'010' is not a plain"),
    "a time with its tag": (WRITTEN.format("{desired: !!float 20:30}"), "'20:30' is not a plain"),
    "twice next to a merge": (WRITTEN.format("{<<: {min: 1}, min: 1, min: 2}"), "'min' is there"),
    "only a typo": (WRITTEN.format("{dsired: 20}"), "dsired is unknown; did you mean 'desired'?"),
    "typo of a group": (
        WRITTEN.format("{mn: 1}")
        .replace("ecs-service", "auto-scaling-group")
        .replace("cluster: batch, service: workers", "group: workers"),
        "mn is unknown; did you mean 'min'?",
    ),
    "kind": (document(kind="ecs-servce"), f"{AT}.kind: there is no kind 'ecs-servce'; did you"),
    "ARN": (document(service="arn:aws:x/y"), f"{AT}.service: 'arn:aws:x/y' does not fit; give"),
    "unknown": (document(servise="x"), f"{AT}: servise is unknown; did you mean 'service'?"),
    "missing": (document(cluster=None), f"{AT}: cluster is missing; add cluster, or is one of"),
    "no steps": (document(steps={}), f"{AT}.steps: there is no step"),
    "restore": (document(steps={"restore": {"desired": 1}}), "the step restore is built in"),
    "no desired": (document(steps={"out": {"min": 1}}), f"{AT}.steps.out: desired is missing"),
    "typo": (document(steps={"out": {"desired": 1, "mx": 3}}), "mx is unknown; did you mean 'max'"),
    "text": (document(steps={"out": {"desired": "2"}}), "desired: it is a text (2); write a num"),
    "half": (document(steps={"out": {"desired": 2.5}}), "desired: 2.5 is not a whole number"),
    "truth": (document(steps={"out": {"desired": True}}), "desired: it is true or false (True)"),
    "negative": (document(steps={"out": {"desired": -1}}), "desired: -1 is out of range; 0 to"),
    "order": (document(steps={"out": {"desired": 5, "max": 3}}), "min must not be above desired"),
    "class": (
        document(kind="docdb-instances", service=None, steps={"out": {"class": "r6g.large"}}),
        "class: 'r6g.large' does not fit; write it like db.r6g.large",
    ),
    "tier": (
        document(kind="docdb-instances", service=None, steps={"out": {"tiers": {"*": 16}}}),
        "tiers.*: 16 is out of range; 0 to 15 are allowed",
    ),
    "DCU": (
        document(kind="docdb-serverless", service=None, steps={"out": {"min": 1.3, "max": 2}}),
        "min: 1.3 is not a multiple of 0.5",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_scenarios_is_named(name: str) -> None:
    text, words = MISTAKES[name]
    with pytest.raises(ValidationError) as caught:
        read_document("d", text)
    assert words in str(caught.value)


def test_yaml_s_merge_key_is_allowed() -> None:
    text = """
version: 1
scenarios:
  night:
    targets:
      workers:
        kind: ecs-service
        cluster: batch
        service: workers
        steps:
          out: &out {desired: 20, min: 10}
          further: {<<: *out, desired: 30}
"""
    (target,) = read_document("d", text).scenarios["night"].targets
    assert target.desired_states["further"] == {"desired": 30, "min": 10}


def test_a_merged_mapping_that_merges_itself_has_no_name_twice() -> None:
    """PyYAML fills mappings from the outside to the inside, and merges alter the inner ones."""
    text = WRITTEN.format("&out {<<: {desired: 20}, desired: 30}")
    found = read_document("d", f"{text}\nestimates: {{seconds: {{<<: *out, desired: 4}}}}")
    assert found.scenarios["night"].targets[0].desired_states["out"] == {"desired": 30}
    assert found.estimates == {"seconds": {"desired": 4}}


@pytest.mark.parametrize(
    ("written", "value"), [("+5", 5), ("20.0", 20), ("1e3", 1000), ("2.5e+1", 25)]
)
def test_numbers_of_yaml_1_2_are_numbers(written: str, value: int) -> None:
    (target,) = (
        read_document("d", WRITTEN.format(f"{{desired: {written}}}")).scenarios["night"].targets
    )
    assert target.desired_states["out"] == {"desired": value}


@pytest.mark.parametrize("step", ["on", "off", "yes", "no", "y"])
def test_words_that_old_yaml_took_for_truth_are_names(step: str) -> None:
    text = WRITTEN.format("{desired: 2}").replace("out:", f"{step}:")
    assert step in read_document("d", text).scenarios["night"].steps


def test_two_scenarios_of_one_target_need_one_lease() -> None:
    both = json.loads(document())
    both["scenarios"]["day"] = json.loads(document())["scenarios"]["night"]
    with pytest.raises(ValidationError, match="give both the same lease, such as lease: night"):
        read_document("d", json.dumps(both))
    both["scenarios"]["day"]["lease"] = "night"
    assert read_document("d", json.dumps(both)).scenarios["day"].lease == "night"


def test_the_same_target_twice_is_a_mistake() -> None:
    twice = json.loads(document())
    targets = twice["scenarios"]["night"]["targets"]
    targets["again"] = targets["workers"]
    with pytest.raises(ValidationError, match="again: it is the same as workers; remove one"):
        read_document("d", json.dumps(twice))


@pytest.mark.parametrize(
    ("scenario", "step", "words"),
    [
        ("nigth", "out", "scenario: there is no 'nigth'; did you mean 'night'?"),
        ("night", "uot", "step of night: there is no 'uot'; did you mean 'out'?"),
        ("night", "zzz", "known are out, restore"),
    ],
)
def test_what_the_event_names_must_exist(scenario: str, step: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_document("d", document()).scenario(scenario, step)
    assert words in str(caught.value)


STEP = {"scenario": "night", "step": "out"}
SCHEDULED = {"source": "aws.scheduler", "time": "2026-11-22T20:00:00Z", "resources": [ARN]}
EVENTS: dict[str, tuple[dict[str, Any], tuple[str, str, str, float, str]]] = {
    "raw": (STEP, ("night", "out", "", NOW, "")),
    "raw with a key": (
        {**STEP, "schedule-arn": ARN, "scheduled-time": "2026-11-22T20:00:00Z"},
        ("night", "out", "", EVENING, f"{ARN}@{EVENING:.0f}"),
    ),
    "rule": (
        {"source": "x", "id": "abc", "time": "2026-11-22T20:00:00Z", "detail": STEP},
        ("night", "out", "", EVENING, "abc"),
    ),
    "scheduler": (
        {**SCHEDULED, "id": "differs", "detail": json.dumps(STEP)},
        ("night", "out", "", EVENING, f"{ARN}@2026-11-22T20:00:00Z"),
    ),
    "scheduler without a detail": (
        {**SCHEDULED, "detail": "{}"},
        ("", "", "evening", EVENING, f"{ARN}@2026-11-22T20:00:00Z"),
    ),
    "rule without a detail": (
        {"id": "abc", "resources": ["arn:aws:events:eu-west-1:1:rule/evening"], "detail": {}},
        ("", "", "evening", NOW, "abc"),
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_events_of_every_form_are_read(name: str) -> None:
    event, expected = EVENTS[name]
    found = read_event(event, NOW)
    assert (found.scenario, found.step, found.schedule, found.at, found.key) == expected


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ([], 'the event: it is list; send {"scenario"'),
        ({}, "the event: scenario is missing; add scenario"),
        ({"scenario": "night"}, "the event: step is missing"),
        ({**STEP, "dryrun": True}, "dryrun is unknown; did you mean 'dry_run'?"),
        ({**STEP, "dry_run": "yes"}, "dry_run: it is a text (yes); write true or false"),
        ({"detail": "{"}, "the event's detail is not JSON"),
        ({"detail": "[]"}, "detail: it is a list"),
        ({**STEP, "scheduled-time": "8 pm"}, "scheduled-time: '8 pm' is not a time; write 2026-"),
        ({**STEP, "continuation": 1}, "continuation: it is a number (1); write text"),
    ],
)
def test_a_mistake_in_an_event_is_named(event: object, words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_event(event, NOW)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("SCALING_TABEL", "x", "no such setting; did you mean 'SCALING_TABLE'?"),
        (
            "SCALING_CONTINUE_BY",
            "maybe",
            "'maybe' is not a possible value; write self, return, dur",
        ),
        ("SCALING_READ_RATE", "50", "write burst/per second, such as 50/20"),
        ("SCALING_READ_RATE", "0/20", "write burst/per second"),
        ("SCALING_POLL_S", "0.5", "write seconds, 1 or more"),
        ("SCALING_SETTLE_S", "nan", "write seconds, 0 or more"),
        ("SCALING_MAX_ATTEMPTS", "11", "write a number from 1 to 10"),
        ("SCALING_ENGINES", ",", "name engines, separated by commas"),
    ],
)
def test_a_mistake_in_the_settings_is_named(variable: str, text: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.from_environ({variable: text})
    assert str(caught.value).startswith(f"{variable}: ")
    assert words in str(caught.value)


def test_settings_are_read() -> None:
    environ = {"SCALING_READ_RATE": "9/1.5", "SCALING_ENGINES": "docdb, neptune", "PATH": "/bin"}
    settings = Settings.from_environ(environ)
    assert settings.read_rate == Rate(9, 1.5)
    assert settings.engines == ("docdb", "neptune")
