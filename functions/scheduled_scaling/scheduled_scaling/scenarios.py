"""The scenarios: fetched, parsed and validated."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import ValidationError, suggest
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import State, Target
from scheduled_scaling.validation import MappingReader

VERSION = 1
RESTORE = "restore"


@dataclass(frozen=True)
class Scenario:
    """Targets that change together. After the step `rest` no saved state is needed."""

    name: str
    targets: tuple[Target, ...]
    steps: frozenset[str]
    rest: str = ""
    lease: str = ""


@dataclass(frozen=True)
class Document:
    """All scenarios; `schedules` maps a schedule or rule without a detail to scenario and step."""

    scenarios: Mapping[str, Scenario]
    schedules: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    estimates: Mapping[str, Any] = field(default_factory=dict)

    def scenario(self, name: str, step: str) -> Scenario:
        """Return a scenario that has the step. Raises ValidationError with a suggestion."""
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


def read_document(place: str, text: str) -> Document:
    """Read and check the scenarios' text, YAML or JSON. Raises ValidationError."""
    top = MappingReader(place, _parse(place, text))
    if top.take("version") != VERSION:
        raise ValidationError(
            f"{place}.version", "it is of another version", f"write version: {VERSION}"
        )
    entries = top.mapping("scenarios")
    scenarios = {name: _scenario(name, entries.mapping(name)) for name in entries.list_names()}
    if not scenarios:
        raise ValidationError(f"{place}.scenarios", "there is none", "describe at least one")
    _check_shared(place, scenarios)
    schedules = {}
    if "schedules" in top:
        entries = top.mapping("schedules")
        schedules = {
            name: _schedule(entries.mapping(name), scenarios) for name in entries.list_names()
        }
    estimates = _estimates(top.mapping("estimates")) if "estimates" in top else {}
    top.reject_unknown()
    return Document(scenarios, schedules, estimates)


def _scenario(name: str, reader: MappingReader) -> Scenario:
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
    reader.reject_unknown()
    seen: dict[str, str] = {}
    for target in targets:
        if target.identity in seen:
            raise ValidationError(
                f"{entries.place}.{target.name}",
                f"it is the same as {seen[target.identity]}",
                "remove one of the two",
            )
        seen[target.identity] = target.name
    return Scenario(name, targets, frozenset([*steps, RESTORE]), rest, lease)


def _target(name: str, reader: MappingReader) -> Target:
    kind = reader.text("kind")
    if kind not in KINDS:
        raise ValidationError(
            f"{reader.place}.kind", f"there is no kind {kind!r}", suggest(kind, KINDS)
        )
    address = KINDS[kind].parse_address(reader)
    entries = reader.mapping("steps")
    reader.reject_unknown()
    desired_states = {}
    for step in entries.list_names():
        if step == RESTORE:
            raise ValidationError(entries.place, f"the step {RESTORE} is built in", "rename it")
        desired_states[step] = read_desired_state(kind, entries.mapping(step))
    if not desired_states:
        raise ValidationError(entries.place, "there is no step", "describe at least one")
    return Target(name, kind, address, desired_states)


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
            other = owners.setdefault(target.identity, scenario)
            if other.lease != scenario.lease:
                raise ValidationError(
                    f"{place}.scenarios.{scenario.name}",
                    f"{target.name} is a target of {other.name}, too",
                    f"give both the same lease, such as lease: {other.name}",
                )


def _schedule(reader: MappingReader, scenarios: Mapping[str, Scenario]) -> tuple[str, str]:
    name, step = reader.text("scenario"), reader.text("step")
    reader.reject_unknown()
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


def _parse(place: str, text: str) -> Any:
    """Parse YAML or JSON. Raises ValidationError, also for duplicate names."""
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, object_pairs_hook=lambda pairs: _unique(place, pairs))
        return yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ValidationError(place, f"it cannot be read ({reason})", "correct it there") from None


class _Loader(yaml.SafeLoader):
    """Rejects duplicate names, of which SafeLoader silently takes the last.

    Scalars are those of YAML 1.2: SafeLoader takes ``on`` for true, ``010`` for 8 and ``20:00``
    for 1200.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key for key, _ in node.value if key.tag != _MERGE]
        names = [self.construct_object(key, deep=True) for key in keys]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name!r} is there twice", keys[number].start_mark
                )
        return super().construct_mapping(node, deep)


_MERGE = "tag:yaml.org,2002:merge"
_REPLACED = ("bool", "int", "timestamp")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)


def _unique(place: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValidationError(place, f"{name!r} is there twice", "remove one of the two")
    return dict(pairs)
