"""The scenarios, validated: targets and the state that each step wants of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scheduled_scaling.errors import Invalid, near
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import State, Target
from scheduled_scaling.parse import parse
from scheduled_scaling.validation import Fields

VERSION = 1
RESTORE = "restore"


@dataclass(frozen=True)
class Scenario:
    """What belongs together. After the step `rest` nothing remembered is needed any more."""

    name: str
    targets: tuple[Target, ...]
    steps: frozenset[str]
    rest: str = ""
    lease: str = ""


@dataclass(frozen=True)
class Document:
    """All scenarios; `schedules` says what a schedule or rule without a detail means."""

    scenarios: Mapping[str, Scenario]
    schedules: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    estimates: Mapping[str, Any] = field(default_factory=dict)

    def scenario(self, name: str, step: str) -> Scenario:
        """Return a scenario that has the step. Raises Invalid, with what may have been meant."""
        found = self.scenarios.get(name)
        if found is None:
            raise Invalid("scenario", f"there is no {name!r}", near(name, self.scenarios))
        if step not in found.steps:
            raise Invalid(f"step of {name}", f"there is no {step!r}", near(step, found.steps))
        return found


def read_document(place: str, text: str) -> Document:
    """Read and check the scenarios' text, YAML or JSON. Raises Invalid."""
    top = Fields(place, parse(place, text))
    if top.take("version") != VERSION:
        raise Invalid(f"{place}.version", "it is of another version", f"write version: {VERSION}")
    entries = top.inside("scenarios")
    scenarios = {name: _scenario(name, entries.inside(name)) for name in entries.names()}
    if not scenarios:
        raise Invalid(f"{place}.scenarios", "there is none", "describe at least one")
    _check_shared(place, scenarios)
    schedules = {}
    if "schedules" in top:
        entries = top.inside("schedules")
        schedules = {name: _schedule(entries.inside(name), scenarios) for name in entries.names()}
    estimates = _estimates(top.inside("estimates")) if "estimates" in top else {}
    top.end()
    return Document(scenarios, schedules, estimates)


def _scenario(name: str, fields: Fields) -> Scenario:
    entries = fields.inside("targets")
    targets = tuple(_target(each, entries.inside(each)) for each in entries.names())
    if not targets:
        raise Invalid(entries.place, "there is none", "describe at least one")
    steps = {step for target in targets for step in target.wishes}
    rest = fields.text("rest") if "rest" in fields else ""
    if rest and rest not in steps:
        raise Invalid(f"{fields.place}.rest", f"there is no step {rest!r}", near(rest, steps))
    lease = fields.text("lease") if "lease" in fields else name
    fields.end()
    seen: dict[str, str] = {}
    for target in targets:
        if target.identity in seen:
            raise Invalid(
                f"{entries.place}.{target.name}",
                f"it is the same as {seen[target.identity]}",
                "remove one of the two",
            )
        seen[target.identity] = target.name
    return Scenario(name, targets, frozenset([*steps, RESTORE]), rest, lease)


def _target(name: str, fields: Fields) -> Target:
    kind = fields.text("kind")
    if kind not in KINDS:
        raise Invalid(f"{fields.place}.kind", f"there is no kind {kind!r}", near(kind, KINDS))
    where = KINDS[kind].address(fields)
    entries = fields.inside("steps")
    fields.end()
    wishes = {}
    for step in entries.names():
        if step == RESTORE:
            raise Invalid(entries.place, f"{RESTORE} is no step to describe", "rename it")
        wishes[step] = read_wish(kind, entries.inside(step))
    if not wishes:
        raise Invalid(entries.place, "there is no step", "say what one of them wants")
    return Target(name, kind, where, wishes)


def read_wish(kind: str, fields: Fields) -> State:
    """Check a wanted state of a kind. Raises Invalid."""
    wish = KINDS[kind].wish(fields)
    fields.end()
    return wish


def _check_shared(place: str, scenarios: Mapping[str, Scenario]) -> None:
    """Two scenarios of one target must exclude each other, or their steps could interleave."""
    owners: dict[str, Scenario] = {}
    for scenario in scenarios.values():
        for target in scenario.targets:
            other = owners.setdefault(target.identity, scenario)
            if other.lease != scenario.lease:
                raise Invalid(
                    f"{place}.scenarios.{scenario.name}",
                    f"{target.name} is a target of {other.name}, too",
                    f"give both the same lease, such as lease: {other.name}",
                )


def _schedule(fields: Fields, scenarios: Mapping[str, Scenario]) -> tuple[str, str]:
    name, step = fields.text("scenario"), fields.text("step")
    fields.end()
    if name not in scenarios:
        raise Invalid(f"{fields.place}.scenario", f"there is no {name!r}", near(name, scenarios))
    if step not in scenarios[name].steps:
        remedy = near(step, scenarios[name].steps)
        raise Invalid(f"{fields.place}.step", f"there is no {step!r}", remedy)
    return name, step


def _estimates(fields: Fields) -> Mapping[str, Any]:
    estimates = {}
    for part, most in (("usd_per_hour", 1e6), ("seconds", 1e6)):
        if part in fields:
            entries = fields.inside(part)
            estimates[part] = {name: entries.number(name, 0, most) for name in entries.names()}
    fields.end()
    return estimates
