"""What scenarios, events and settings may say, at the edges: limits, defaults, kinds, sources."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from scheduled_scaling.errors import ValidationError
from scheduled_scaling.event import read_event, read_task_token
from scheduled_scaling.scenarios import Document, fetch_text, read_document
from scheduled_scaling.settings import Rate, Settings
from scheduled_scaling.validation import MappingReader
from tests.unit.functions.fake_aws import Aws, error

NOW = 1_795_000_000.0
README = Path(__file__).parents[4] / "functions" / "scheduled_scaling" / "README.md"


def document(target: str, more: str = "", **lookups: Any) -> Document:
    text = f"version: 1\nscenarios:\n  night:\n    targets:\n      a: {{{target}}}\n{more}"
    return read_document("d", text, **lookups)


def state(kind: str, address: str, written: str) -> Any:
    found = document(f"kind: {kind}, {address}, steps: {{out: {written}}}")
    return found.scenarios["night"].targets[0].desired_states["out"]


ADDRESSES = {
    "docdb-instances": "cluster: orders",
    "docdb-cluster": "cluster: orders",
    "docdb-serverless": "cluster: orders",
    "docdb-elastic": "name: orders",
    "ecs-service": "cluster: batch, service: workers",
    "auto-scaling-group": "group: g",
    "scalable-target": "namespace: ecs, resource: r, dimension: d",
}
POSSIBLE = [
    ("docdb-instances", "{readers: 0}", {"readers": 0}),
    ("docdb-instances", "{readers: 15}", {"readers": 15}),
    ("docdb-instances", "{tiers: {'*': 0, orders-1: 15}}", {"tiers": {"*": 0, "orders-1": 15}}),
    ("docdb-instances", "{class: db.serverless}", {"class": "db.serverless"}),
    ("docdb-instances", "{writer: orders-2}", {"writer": "orders-2"}),
    ("docdb-instances", "{classes: {o-1: db.t4g.medium}}", {"classes": {"o-1": "db.t4g.medium"}}),
    ("docdb-cluster", "{running: false}", {"running": False}),
    ("docdb-serverless", "{min: 0.5, max: 0.5}", {"min": 0.5, "max": 0.5}),
    ("docdb-serverless", "{min: 1, max: 256}", {"min": 1, "max": 256}),
    *(("docdb-elastic", f"{{capacity: {n}}}", {"capacity": n}) for n in (2, 4, 8, 16, 32, 64)),
    ("docdb-elastic", "{shards: 32, instances: 16}", {"shards": 32, "instances": 16}),
    ("docdb-elastic", "{shards: 1, instances: 1}", {"shards": 1, "instances": 1}),
    ("docdb-elastic", "{running: true}", {"running": True}),
    ("ecs-service", "{desired: 1000000}", {"desired": 1_000_000}),
    ("auto-scaling-group", "{min: 0}", {"min": 0}),
    ("auto-scaling-group", "{max: 3}", {"max": 3}),
    ("auto-scaling-group", "{min: 2, desired: 2, max: 2}", {"min": 2, "desired": 2, "max": 2}),
    ("scalable-target", "{min: 1}", {"min": 1}),
    ("scalable-target", "{max: 1}", {"max": 1}),
    ("scalable-target", "{suspended: true}", {"suspended": True}),
]
IMPOSSIBLE = [
    ("docdb-instances", "{readers: 16}", "0 to 15 are allowed"),
    ("docdb-instances", "{fallback: [db.r6g.large]}", "there is no class to fall back from"),
    ("docdb-instances", "{class: db.r6g.large, fallback: []}", "write a list"),
    ("docdb-instances", "{}", "it is empty; give class, readers or tiers"),
    ("docdb-instances", "{reader: 1}", "reader is unknown; did you mean 'readers'?"),
    ("docdb-cluster", "{running: 1}", "write true or false"),
    ("docdb-serverless", "{min: 2, max: 1}", "min 2 is above max 1; swap them"),
    ("docdb-serverless", "{min: 0, max: 1}", "0.5 to 256 are allowed"),
    ("docdb-serverless", "{min: 1, max: 256.5}", "0.5 to 256 are allowed"),
    *(("docdb-elastic", f"{{capacity: {n}}}", "no such size") for n in (1, 3, 9, 33, 63)),
    ("docdb-elastic", "{capacity: 65}", "1 to 64 are allowed"),
    ("docdb-elastic", "{shards: 0}", "1 to 32 are allowed"),
    ("docdb-elastic", "{shards: 33}", "1 to 32 are allowed"),
    ("docdb-elastic", "{instances: 17}", "1 to 16 are allowed"),
    ("docdb-elastic", "{}", "it is empty; give shards, capacity, instances, running"),
    ("docdb-elastic", "{shard: 1}", "shard is unknown; did you mean 'shards'?"),
    ("ecs-service", "{desired: 1000001}", "are allowed"),
    ("auto-scaling-group", "{}", "it is empty; give desired, min, max or some of them"),
    ("auto-scaling-group", "{min: 2, max: 1}", "min must not be above desired"),
    ("scalable-target", "{}", "it is empty; give min, max or suspended"),
    ("scalable-target", "{suspend: true}", "suspend is unknown; did you mean 'suspended'?"),
]


@pytest.mark.parametrize(("kind", "written", "expected"), POSSIBLE)
def test_a_state_that_aws_allows(kind: str, written: str, expected: Any) -> None:
    assert state(kind, ADDRESSES[kind], written) == expected


@pytest.mark.parametrize(("kind", "written", "words"), IMPOSSIBLE)
def test_a_state_that_aws_does_not_allow_is_named(kind: str, written: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        state(kind, ADDRESSES[kind], written)
    assert words in str(caught.value)


@pytest.mark.parametrize("kind", ["docdb-instances", "docdb-cluster", "docdb-serverless"])
def test_clusters_are_named_in_lower_case_as_aws_does(kind: str) -> None:
    written = {"docdb-instances": "readers: 1", "docdb-cluster": "running: true"}
    steps = f"{{out: {{{written.get(kind, 'min: 1, max: 2')}}}}}"
    found = document(f"kind: {kind}, cluster: Orders, steps: {steps}")
    assert found.scenarios["night"].targets[0].address == {"cluster": "orders"}


SERVICE = "kind: ecs-service, cluster: batch, service: workers, steps: {out: {desired: 1}}"
BOUNDS = (
    "{kind: scalable-target, namespace: ecs, resource: service/batch/workers, "
    "dimension: 'ecs:service:DesiredCount', steps: {out: {min: 1}}}"
)
INSTANCES = "kind: docdb-instances, cluster: orders, steps: {out: {readers: 1}}"
SERVERLESS = "kind: docdb-serverless, cluster: orders, steps: {out: {min: 1, max: 2}}"
RUNNING = "kind: docdb-cluster, cluster: orders, steps: {out: {running: true}}"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (SERVICE, BOUNDS, "b: it is the same as a; remove one of the two"),
        (INSTANCES, f"{{{INSTANCES}, after: [a]}}", "it is the same as a"),
        (INSTANCES, f"{{{SERVERLESS}}}", "both would change it at once; say which comes first"),
        (INSTANCES, f"{{{RUNNING}}}", "such as after: [a]"),
    ],
)
def test_two_targets_of_one_resource(first: str, second: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        document(first, f"      b: {second}\n")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (INSTANCES, f"{{{SERVERLESS}, after: [a]}}"),
        (f"{INSTANCES}, after: [b]", f"{{{RUNNING}}}"),
        (f"{INSTANCES}, after: [c]", f"{{{RUNNING}}}\n      c: {{{SERVICE}, after: [b]}}"),
        (INSTANCES, f"{{{INSTANCES.replace('orders', 'others')}}}"),
    ],
)
def test_two_targets_that_come_one_after_the_other(first: str, second: str) -> None:
    assert len(document(first, f"      b: {second}\n").scenarios["night"].targets) >= 2


def test_two_scenarios_of_one_resource_need_one_lease() -> None:
    other = f"  day:\n    targets: {{x: {BOUNDS}}}\n"
    with pytest.raises(ValidationError, match="x is a target of night, too; give both the same"):
        document(SERVICE, other)
    found = document(SERVICE, f"    lease: shared\n{other}    lease: shared\n")
    assert {each.lease for each in found.scenarios.values()} == {"shared"}
    assert document(SERVICE).scenarios["night"].lease == "night"


SCHEDULE = "schedules: {evening: {scenario: SCENARIO, step: STEP}}\n"


@pytest.mark.parametrize(
    ("scenario", "step", "words"),
    [
        ("nigth", "out", "evening.scenario: there is no 'nigth'; did you mean 'night'?"),
        ("night", "otu", "evening.step: there is no 'otu'; did you mean 'out'?"),
    ],
)
def test_a_schedule_names_what_there_is(scenario: str, step: str, words: str) -> None:
    written = SCHEDULE.replace("SCENARIO", scenario).replace("STEP", step)
    with pytest.raises(ValidationError) as caught:
        document(SERVICE, written)
    assert words in str(caught.value)


@pytest.mark.parametrize("step", ["out", "restore"])
def test_a_schedule_stands_for_a_step(step: str) -> None:
    written = SCHEDULE.replace("SCENARIO", "night").replace("STEP", step)
    assert document(SERVICE, written).schedules == {"evening": ("night", step)}


class Lookup:
    """Fails in the way that a test says."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    def outputs(self, _: str) -> Any:
        raise self.failure

    def tagged(self, _kind: str, _tags: Any) -> Any:
        raise self.failure


LOST = (
    "  lost:\n    targets:\n"
    "      x: {kind: docdb-instances, cluster: {stack: s, output: o}, steps: {out: {readers: 1}}}\n"
    "  day:\n    targets:\n"
    "      y: {kind: ecs-service, cluster: c, service: s, steps: {out: {desired: 1}}}\n"
)


@pytest.mark.parametrize("failure", [error("AccessDenied"), ValidationError("a", "b", "c")])
def test_what_cannot_be_looked_up_concerns_its_scenario_only(failure: Exception) -> None:
    written = LOST + SCHEDULE.replace("SCENARIO", "lost").replace("STEP", "any")
    found = document(SERVICE, written, lookup=Lookup(failure))
    assert (set(found.scenarios), set(found.unresolved)) == ({"night", "day"}, {"lost"})
    assert found.schedules == {"evening": ("lost", "any")}
    with pytest.raises(type(failure)):
        found.scenario("lost", "out")


def test_a_defect_of_a_lookup_is_raised() -> None:
    with pytest.raises(KeyError):
        document(SERVICE, LOST, lookup=Lookup(KeyError("x")))
    with pytest.raises(ValidationError, match="it cannot be looked up here; give the name"):
        document(SERVICE, LOST).scenario("lost", "out")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{usd_per_hour: {a: 0, b: 1.0e6}}", {"usd_per_hour": {"a": 0, "b": 1e6}}),
        ("{seconds: {a: 1000000}}", {"seconds": {"a": 1_000_000}}),
        ("{seconds: {a: 1}, usd_per_hour: {}}", {"seconds": {"a": 1}, "usd_per_hour": {}}),
    ],
)
def test_estimates_are_read(written: str, expected: Any) -> None:
    assert document(SERVICE, f"estimates: {written}\n").estimates == expected


@pytest.mark.parametrize(
    "written", ["{seconds: {a: -1}}", "{seconds: {a: 1000001}}", "{second: {a: 1}}", "[]"]
)
def test_estimates_that_mean_nothing_are_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        document(SERVICE, f"estimates: {written}\n")


def test_scenarios_are_fetched_from_s3_and_ssm(tmp_path: Path) -> None:
    aws: Any = Aws(
        s3={"get_object": {"Body": io.BytesIO("é".encode())}},
        ssm={"get_parameter": {"Parameter": {"Value": "text"}}},
    )
    assert fetch_text("s3://bucket/a/key", "/", aws) == "é"
    assert fetch_text("ssm:/stack/scenarios", "/", aws) == "text"
    assert aws.client("s3").calls == [("get_object", {"Bucket": "bucket", "Key": "a/key"})]
    asked = {"Name": "/stack/scenarios", "WithDecryption": True}
    assert aws.client("ssm").calls == [("get_parameter", asked)]
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    for place, words in (
        ("s3://bucket", "does not name an object"),
        ("s3:///key", "does not name an object"),
        ("lost.yaml", "cannot be read"),
        ("x.yaml", "it is not UTF-8"),
    ):
        with pytest.raises(ValidationError, match=words):
            fetch_text(place, str(tmp_path), aws)


STEP = {"scenario": "night", "step": "out"}


@pytest.mark.parametrize(
    ("event", "members"),
    [
        (STEP, {}),
        ({**STEP, "dry_run": True}, {"dry_run": True}),
        ({**STEP, "by": "21:30", "task_token": "t"}, {"by": "21:30", "task_token": "t"}),
        ({**STEP, "ignore_holds": True}, {"ignore_holds": True}),
        ({"scenario": "n", "step": "verify", "of": "out"}, {"of": "out"}),
        ({"scenario": "n", "step": "hold", "until": "09:00"}, {"until": "09:00"}),
        ({"scenario": "n", "step": "hold", "skip": True, "steps": ["out"]}, {"skip": True}),
        ({"scenario": "n", "step": "resume"}, {}),
    ],
)
def test_an_event_s_further_members(event: Any, members: Any) -> None:
    found = read_event(event, NOW)
    usual = {
        "dry_run": False,
        "by": "",
        "task_token": "",
        "ignore_holds": False,
        "of": "",
        "until": "",
        "skip": False,
    }
    assert {name: getattr(found, name) for name in usual} == {**usual, **members}
    assert found.steps == tuple(event.get("steps", ()))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({**STEP, "of": "out"}, "of is unknown"),
        ({**STEP, "until": "09:00"}, "until is unknown"),
        ({"scenario": "n", "step": "verify"}, "of is missing"),
        ({"scenario": "n", "step": "verify", "of": "x", "by": "1"}, "by is unknown"),
        ({"scenario": "n", "step": "resume", "skip": True}, "skip is unknown"),
        ({"scenario": "n", "step": "hold", "steps": []}, "write a list; name steps"),
        ({**STEP, "by": 9}, 'write a time of day, such as "09:00"'),
        ({**STEP, "dry_run": True, "task_token": "t"}, "a dry run ends no task"),
        ({"resources": ["arn:x:rule/evening"], "detail": {"step": "x"}}, "scenario is missing"),
    ],
)
def test_a_member_that_a_step_does_not_take_is_named(event: Any, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_event(event, NOW)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("event", "token"),
    [
        ({**STEP, "task_token": "t"}, "t"),
        ({"detail": {"task_token": "t"}}, "t"),
        ({"detail": {}, "task_token": "t"}, ""),
        ({"task_token": 3}, ""),
        ({"detail": "text"}, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_the_token_of_an_event_that_is_wrong_is_found(event: Any, token: str) -> None:
    assert read_task_token(event) == token


def test_an_event_without_a_detail_may_have_further_members() -> None:
    event = {"id": "x", "resources": ["arn:x:rule/evening"], "detail": {"by": "22:00"}}
    found = read_event(event, NOW)
    assert (found.schedule, found.by, found.scenario) == ("evening", "22:00", "")


def test_the_readme_has_the_defaults() -> None:
    rows = re.findall(r"^\| (`SCALING_.*?) \| (.*?) \|", README.read_text(), re.MULTILINE)
    defaults = Settings()
    seen = set()
    for names, written in rows:
        values = [value.strip("` ") for value in written.split(",")]
        for name, value in zip(re.findall(r"SCALING_(\w+)", names), values, strict=True):
            found: Any = getattr(defaults, name.lower())
            if isinstance(found, Rate):
                found = f"{found.burst}/{found.per_second:g}"
            if isinstance(found, tuple):
                (found,) = found
            assert str(found or "none").removesuffix(".0") == value, name
            seen.add(name.lower())
    assert seen == set(vars(defaults))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("max_attempts", "1", 1),
        ("max_attempts", "10", 10),
        ("max_parallel", "1", 1),
        ("max_parallel", "32", 32),
        ("poll_s", "1", 1.0),
        ("reserve_s", "0", 0.0),
        ("read_rate", "1/0.5", Rate(1, 0.5)),
        ("engines", "docdb, neptune", ("docdb", "neptune")),
        ("table", " t ", "t"),
    ],
)
def test_a_setting_at_its_limit(name: str, text: str, value: Any) -> None:
    assert getattr(Settings.from_environ({f"SCALING_{name.upper()}": text}), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("max_attempts", "0"), ("max_attempts", "11"), ("max_parallel", "33")),
        *(("poll_s", "0.9"), ("reserve_s", "-1"), ("settle_s", "inf"), ("settle_s", "nan")),
        *(("read_rate", "0/1"), ("read_rate", "1/0"), ("read_rate", "1"), ("engines", " , ")),
        *(("scenarios", " "), ("continue_by", "Self"), ("max_parallel", "x")),
    ],
)
def test_a_setting_beyond_its_limit(name: str, text: str) -> None:
    with pytest.raises(ValidationError, match="is not a possible value"):
        Settings.from_environ({f"SCALING_{name.upper()}": text})


def test_clients_are_kept_by_their_settings() -> None:
    assert len({Settings(), Settings.from_environ({}), Settings(poll_s=1.0)}) == 2


def test_other_variables_are_not_settings() -> None:
    assert Settings.from_environ({"PATH": "/bin", "NOT_SCALING_X": "1"}) == Settings()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "it is empty"),
        (True, "it is true or false (True)"),
        ([1], "it is a list ([1])"),
        (3, "it is a number (3)"),
        ("x" * 50, f"it is a text ({'x' * 40})"),
    ],
)
def test_what_is_not_a_mapping_says_what_it_is(value: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        MappingReader("p", value)


def test_numbers_are_read_within_their_limits() -> None:
    reader = MappingReader("p", {"low": 1, "high": 3, "half": 1.5, "text": "1", "yes": True})
    assert (reader.integer("low", 1, 3), reader.integer("high", 1, 3)) == (1, 3)
    assert reader.number("half", 1, 3, 0.5) == 1.5
    for name in ("text", "yes"):
        with pytest.raises(ValidationError, match="write a number, 1 to 3"):
            reader.number(name, 1, 3)
    for number in (0.999, 3.001):
        with pytest.raises(ValidationError, match="is out of range"):
            MappingReader("p", {"n": number}).number("n", 1, 3)
    with pytest.raises(ValidationError, match=r"p\.n: 1\.25 is not a multiple of 0\.5; round it"):
        MappingReader("p", {"n": 1.25}).number("n", 1, 3, 0.5)


def test_lists_are_read_entry_by_entry() -> None:
    reader = MappingReader("p", {"a": [{"x": 1}, {"y": 2}], "b": {"z": 1}, "c": ["u", 1]})
    assert [each.place for each in reader.mappings("a")] == ["p.a[0]", "p.a[1]"]
    with pytest.raises(ValidationError, match="write a list"):
        reader.mappings("b")
    with pytest.raises(ValidationError, match="1 does not fit; hint"):
        reader.texts("c", "u", "hint")
