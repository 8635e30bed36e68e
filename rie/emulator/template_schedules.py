"""The schedules that a function's template.yaml describes, with the defaults of its parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from rie.emulator.schedules import RULE, SCHEDULER, Schedule
from rie.emulator.settings import ACCOUNT, read_region

_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


def read_schedules(directory: Path, function: str, begin: datetime) -> list[Schedule]:
    """All schedules of the template in the function's directory; none without one.

    Raises UserError for a file that is not a template.
    """
    path = directory / "template.yaml"
    if not path.is_file() or "ScheduleExpression" not in path.read_text(encoding="utf-8"):
        return []  # spares cfn-lint, which takes a second to load
    from rie.aws.deploy import template

    found = template.read(path)
    values = {
        **_PSEUDO,
        "AWS::Region": read_region(),
        **{name: each["Default"] for name, each in found.parameters.items() if "Default" in each},
    }
    schedules = []
    for name, resource in found.resources.items():
        properties = _resolve(resource.get("Properties") or {}, values)
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


def _resolve(value: Any, values: Mapping[str, Any]) -> Any:
    """Ref, Sub, Join and GetAtt replaced; a resource is named by its logical id."""
    if isinstance(value, list):
        return [_resolve(each, values) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref":
            return values.get(str(argument), str(argument))
        if function == "Fn::Sub":
            return _substitute(argument, values)
        if function == "Fn::GetAtt":
            return ".".join(argument) if isinstance(argument, list) else str(argument)
        if function == "Fn::Join":
            glue, parts = argument
            return str(glue).join(str(_resolve(each, values)) for each in parts)
    return {str(name): _resolve(each, values) for name, each in value.items()}


def _substitute(argument: Any, values: Mapping[str, Any]) -> str:
    text, own = argument if isinstance(argument, list) else (argument, {})
    known = {**values, **_resolve(own, values)}
    return _VARIABLE.sub(lambda match: str(known.get(match[1], match[1])), str(text))
