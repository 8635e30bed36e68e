"""The scenarios: fetched, parsed and validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scheduled_scaling import scenario_text
from scheduled_scaling.aws import AwsClients
from scheduled_scaling.calendar_rules import Calendar, read_calendar, read_time, read_zone
from scheduled_scaling.errors import ValidationError, suggest
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import State, Target
from scheduled_scaling.references import Lookup, resolve_target
from scheduled_scaling.validation import MappingReader
from surefoot.kit.aws_errors import is_aws_error

VERSION = 1
RESTORE = "restore"
VERIFY, HOLD, RESUME = "verify", "hold", "resume"
BUILT_IN = (RESTORE, VERIFY, HOLD, RESUME)
# Kinds that set different things of one resource; all others would undo each other's changes.
_COMPATIBLE = frozenset({"docdb-cluster", "docdb-instances", "docdb-serverless"})
Fetch = Callable[[str], str]


@dataclass(frozen=True)
class Scenario:
    """Targets that change together. After the step `rest` no saved state is needed.

    `deadlines` are the times of day by which steps should be reached.
    """

    name: str
    targets: tuple[Target, ...]
    steps: frozenset[str]
    rest: str = ""
    lease: str = ""
    calendar: Calendar = field(default_factory=Calendar)
    deadlines: Mapping[str, str] = field(default_factory=dict)

    def predecessors(self, step: str) -> Mapping[str, frozenset[str]]:
        """Return the targets that come before each target in a step."""
        direct = {target.name: target.after for target in self.targets}
        before: dict[str, frozenset[str]] = {}

        def visit(name: str) -> frozenset[str]:
            # Also the indirect ones: a target in between may have no state in the step.
            if name not in before:
                firsts = direct[name]
                before[name] = frozenset(firsts).union(*map(visit, firsts))
            return before[name]

        for name in direct:
            visit(name)
        if step not in (RESTORE, self.rest):
            return before
        return {
            name: frozenset(other for other, firsts in before.items() if name in firsts)
            for name in before
        }


@dataclass(frozen=True)
class Document:
    """All scenarios; `schedules` maps a schedule or rule without a detail to scenario and step.

    `unresolved` are errors of scenarios whose references could not be looked up.
    """

    scenarios: Mapping[str, Scenario]
    schedules: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    estimates: Mapping[str, Any] = field(default_factory=dict)
    unresolved: Mapping[str, Exception] = field(default_factory=dict)

    def scenario(self, name: str, step: str) -> Scenario:
        """Return a scenario that has the step. Raises ValidationError with a suggestion."""
        if name in self.unresolved:
            raise self.unresolved[name]
        found = self.scenarios.get(name)
        if found is None:
            raise ValidationError(
                "scenario", f"there is no {name!r}", suggest(name, self.scenarios)
            )
        if step not in found.steps:
            raise ValidationError(
                f"step of {name}", f"there is no {step!r}", suggest(step, found.steps)
            )
        return found


def fetch_text(place: str, root: str, aws: AwsClients) -> str:
    """Return the text at `place`: s3://bucket/key, ssm:/name, or a path from `root`.

    Raises ValidationError: there is none, or it is not UTF-8; and botocore's errors.
    """
    if place.startswith("s3://"):
        bucket, _, key = place.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise ValidationError(
                "SCALING_SCENARIOS", f"{place} does not name an object", "s3://bucket/key"
            )
        body = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return _decode(place, body)
    if place.startswith("ssm:"):
        name = place.removeprefix("ssm:")
        answer = aws.client("ssm").get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    path = Path(root, place)
    try:
        return _decode(str(path), path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "COPY the file into the image, or set SCALING_SCENARIOS"
        raise ValidationError(
            str(path), f"the scenarios cannot be read ({reason})", remedy
        ) from None


def _decode(place: str, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ValidationError(
            place, f"it is not UTF-8 ({error.reason})", "save it as UTF-8"
        ) from None


def read_document(
    place: str, text: str, lookup: Lookup | None = None, fetch: Fetch | None = None
) -> Document:
    """Read and check the scenarios' text, YAML or JSON. Raises ValidationError.

    :param lookup: finds the names of targets that are given by a stack's output or by tags
    :param fetch: returns the text of an ICS file
    """
    top = MappingReader(place, scenario_text.parse(place, text))
    if top.take("version") != VERSION:
        raise ValidationError(
            f"{place}.version", "it is of another version", f"write version: {VERSION}"
        )
    entries = top.mapping("scenarios")
    scenarios, unresolved = {}, {}
    for name in entries.list_names():
        raw = entries.take(name)
        try:
            resolved = _resolve(f"{entries.place}.{name}", raw, lookup)
        except Exception as error:
            if not isinstance(error, ValidationError) and not is_aws_error(error):
                raise
            unresolved[name] = error  # it concerns events of this scenario only
            continue
        reader = MappingReader(f"{entries.place}.{name}", resolved)
        scenarios[name] = _scenario(name, reader, fetch or _cannot_fetch)
    if not scenarios and not unresolved:
        raise ValidationError(f"{place}.scenarios", "there is none", "describe at least one")
    _check_shared(place, scenarios)
    schedules = {}
    if "schedules" in top:
        entries = top.mapping("schedules")
        schedules = {
            name: _schedule(entries.mapping(name), scenarios, unresolved)
            for name in entries.list_names()
        }
    estimates = _estimates(top.mapping("estimates")) if "estimates" in top else {}
    top.reject_unknown()
    return Document(scenarios, schedules, estimates, unresolved)


def _cannot_fetch(place: str) -> str:
    raise ValidationError(place, "it cannot be fetched here", "remove it")


def _resolve(place: str, raw: object, lookup: Lookup | None) -> object:
    """Return a scenario with the references of its targets replaced by names."""
    targets = raw.get("targets") if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not isinstance(targets, Mapping):
        return raw  # reported where it is read
    resolved = {
        name: resolve_target(f"{place}.targets.{name}", target, lookup)
        if isinstance(target, Mapping)
        else target
        for name, target in targets.items()
    }
    return {**raw, "targets": resolved}


def _scenario(name: str, reader: MappingReader, fetch: Fetch) -> Scenario:
    entries = reader.mapping("targets")
    targets = tuple(_target(each, entries.mapping(each)) for each in entries.list_names())
    if not targets:
        raise ValidationError(entries.place, "there is none", "describe at least one")
    steps = {step for target in targets for step in target.desired_states}
    rest = reader.text("rest") if "rest" in reader else ""
    if rest and rest not in steps:
        raise ValidationError(
            f"{reader.place}.rest", f"there is no step {rest!r}", suggest(rest, steps)
        )
    lease = reader.text("lease") if "lease" in reader else name
    zone = read_zone(reader)
    all_steps = frozenset([*steps, RESTORE])
    calendar = Calendar(zone)
    if "calendar" in reader:
        resting = frozenset({RESTORE, rest} - {""})
        rules = reader.mapping("calendar")
        calendar = read_calendar(rules, all_steps, resting, zone, fetch)
    deadlines = _deadlines(reader.mapping("by"), all_steps) if "by" in reader else {}
    reader.reject_unknown()
    _check_order(entries.place, targets)
    _check_same(entries.place, targets)
    return Scenario(name, targets, all_steps, rest, lease, calendar, deadlines)


def _deadlines(reader: MappingReader, steps: frozenset[str]) -> Mapping[str, str]:
    for step in reader.names:
        if step not in steps:
            raise ValidationError(reader.place, f"there is no step {step!r}", suggest(step, steps))
    return {step: read_time(reader, step) for step in reader.names}


def _check_order(place: str, targets: Sequence[Target]) -> None:
    """Raise ValidationError if `after` names no target, or goes in a circle."""
    names = {target.name: target.after for target in targets}
    for target in targets:
        for other in target.after:
            if other not in names:
                raise ValidationError(
                    f"{place}.{target.name}.after",
                    f"there is no target {other!r}",
                    suggest(other, names),
                )
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " after ".join([*path[path.index(name) :], name])
            raise ValidationError(
                f"{place}.{name}.after", f"it goes in a circle: {circle}", "remove one of them"
            )
        if name not in done:
            for other in names[name]:
                visit(other, (*path, name))
            done.add(name)

    for name in names:
        visit(name, ())


def _check_same(place: str, targets: Sequence[Target]) -> None:
    """Raise ValidationError if two targets would undo each other's changes."""
    seen: dict[str, list[Target]] = {}
    for target in targets:
        others = seen.setdefault(KINDS[target.kind].resource(target.address), [])
        for other in others:
            if other.kind == target.kind or not {other.kind, target.kind} <= _COMPATIBLE:
                raise ValidationError(
                    f"{place}.{target.name}",
                    f"it is the same as {other.name}",
                    "remove one of the two",
                )
            if not (_comes_after(target, other, targets) or _comes_after(other, target, targets)):
                raise ValidationError(
                    f"{place}.{target.name}",
                    f"it is the same cluster as {other.name}, and both would change it at once",
                    f"say which comes first, such as after: [{other.name}]",
                )
        others.append(target)


def _comes_after(target: Target, other: Target, targets: Sequence[Target]) -> bool:
    by_name = {each.name: each for each in targets}
    return other.name in target.after or any(
        _comes_after(by_name[name], other, targets) for name in target.after
    )


def _target(name: str, reader: MappingReader) -> Target:
    kind = reader.text("kind")
    if kind not in KINDS:
        raise ValidationError(
            f"{reader.place}.kind", f"there is no kind {kind!r}", suggest(kind, KINDS)
        )
    address = KINDS[kind].parse_address(reader)
    entries = reader.mapping("steps")
    after = reader.texts("after", r"\S+", "name targets") if "after" in reader else []
    reader.reject_unknown()
    desired_states = {}
    for step in entries.list_names():
        if step in BUILT_IN:
            raise ValidationError(entries.place, f"the step {step} is built in", "rename it")
        desired_states[step] = read_desired_state(kind, entries.mapping(step))
    if not desired_states:
        raise ValidationError(entries.place, "there is no step", "describe at least one")
    return Target(name, kind, address, desired_states, tuple(after))


def read_desired_state(kind: str, reader: MappingReader) -> State:
    """Check a desired state of a kind. Raises ValidationError."""
    desired_state = KINDS[kind].parse_desired_state(reader)
    reader.reject_unknown()
    return desired_state


def _check_shared(place: str, scenarios: Mapping[str, Scenario]) -> None:
    """Scenarios with a target in common need one lease, or their steps could interleave."""
    owners: dict[str, Scenario] = {}
    for scenario in scenarios.values():
        for target in scenario.targets:
            resource = KINDS[target.kind].resource(target.address)
            other = owners.setdefault(resource, scenario)
            if other.lease != scenario.lease:
                raise ValidationError(
                    f"{place}.scenarios.{scenario.name}",
                    f"{target.name} is a target of {other.name}, too",
                    f"give both the same lease, such as lease: {other.name}",
                )


def _schedule(
    reader: MappingReader,
    scenarios: Mapping[str, Scenario],
    unresolved: Mapping[str, Exception],
) -> tuple[str, str]:
    name, step = reader.text("scenario"), reader.text("step")
    reader.reject_unknown()
    if name in unresolved:
        return name, step
    if name not in scenarios:
        raise ValidationError(
            f"{reader.place}.scenario", f"there is no {name!r}", suggest(name, scenarios)
        )
    if step not in scenarios[name].steps:
        remedy = suggest(step, scenarios[name].steps)
        raise ValidationError(f"{reader.place}.step", f"there is no {step!r}", remedy)
    return name, step


def _estimates(reader: MappingReader) -> Mapping[str, Any]:
    estimates = {}
    for part, most in (("usd_per_hour", 1e6), ("seconds", 1e6)):
        if part in reader:
            entries = reader.mapping(part)
            estimates[part] = {name: entries.number(name, 0, most) for name in entries.list_names()}
    reader.reject_unknown()
    return estimates
