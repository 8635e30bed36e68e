"""The schedules that a function's template.yaml describes, with the defaults of its parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rie.emulator.schedules import RULE, SCHEDULER, Schedule
from rie.emulator.settings import ACCOUNT, read_region

# What CloudFormation takes for a property that is not there.
_NO_VALUE = object()
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": _NO_VALUE,
}
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


def read_schedules(directory: Path, function: str, begin: datetime) -> list[Schedule]:
    """All schedules of the template in the function's directory; none without one.

    Raises UserError for a file that is not a template.
    """
    path = directory / "template.yaml"
    if not path.is_file() or b"ScheduleExpression" not in path.read_bytes():
        return []  # spares cfn-lint, which takes a second to load
    from rie.aws.deploy import template

    found = template.read(path)
    values = {
        **_PSEUDO,
        "AWS::Region": read_region(),
        **{name: each["Default"] for name, each in found.parameters.items() if "Default" in each},
    }
    scope = _Scope(values, template.section(template.parsed(found.body), "Conditions"))
    schedules = []
    for name, resource in found.resources.items():
        if "Condition" in resource and not scope.holds(resource["Condition"]):
            continue
        properties = scope.resolve(resource.get("Properties") or {})
        if resource.get("Type") == "AWS::Scheduler::Schedule":
            schedules.append(_make_schedule(name, function, properties, begin))
        elif resource.get("Type") == "AWS::Events::Rule" and properties.get("ScheduleExpression"):
            schedules += _make_rules(name, function, properties, begin)
    return schedules


def _make_schedule(
    name: str, function: str, properties: Mapping[str, Any], begin: datetime
) -> Schedule:
    target = properties.get("Target") or {}
    window = properties.get("FlexibleTimeWindow") or {}
    return Schedule(
        name=str(properties.get("Name") or name),
        function=function,
        kind=SCHEDULER,
        expression=str(properties.get("ScheduleExpression")),
        begin=begin,
        time_zone=str(properties.get("ScheduleExpressionTimezone") or "UTC"),
        enabled=properties.get("State", "ENABLED") == "ENABLED",
        text=_to_text(target.get("Input")),
        window_minutes=int(window.get("MaximumWindowInMinutes") or 0),
    )


def _make_rules(
    name: str, function: str, properties: Mapping[str, Any], begin: datetime
) -> Iterator[Schedule]:
    for target in properties.get("Targets") or ():
        yield Schedule(
            name=str(properties.get("Name") or name),
            function=function,
            kind=RULE,
            expression=str(properties["ScheduleExpression"]),
            begin=begin,
            enabled=properties.get("State", "ENABLED") == "ENABLED",
            text=_to_text(target.get("Input")),
        )


def _to_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class _Scope:
    """What a template's functions refer to: parameters by their defaults, and conditions."""

    values: Mapping[str, Any]
    conditions: Mapping[str, Any]

    def resolve(self, value: Any) -> Any:
        """Ref, Sub, Join, GetAtt and If replaced; a resource is named by its logical id."""
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref":
                return self.values.get(str(argument), str(argument))
            if function == "Fn::Sub":
                return self._substitute(argument)
            if function == "Fn::GetAtt":
                return ".".join(argument) if isinstance(argument, list) else str(argument)
            if function == "Fn::Join":
                glue, parts = argument
                return str(glue).join(str(self.resolve(each)) for each in parts)
            if function == "Fn::If":
                condition, yes, no = argument
                return self.resolve(yes if self.holds(condition) else no)
        resolved = {str(name): self.resolve(each) for name, each in value.items()}
        return {name: each for name, each in resolved.items() if each is not _NO_VALUE}

    def holds(self, condition: Any) -> bool:
        """Whether a condition holds: its name, or an expression of conditions."""
        if not isinstance(condition, dict):
            return self.holds(self.conditions[str(condition)])
        [(function, argument)] = condition.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals":
            left, right = self.resolve(argument)
            return str(left) == str(right)
        if function == "Fn::Not":
            return not self.holds(argument[0])
        combine = all if function == "Fn::And" else any
        return combine(map(self.holds, argument))

    def _substitute(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        known = {**self.values, **self.resolve(own)}
        return _VARIABLE.sub(lambda match: str(known.get(match[1], match[1])), str(text))
