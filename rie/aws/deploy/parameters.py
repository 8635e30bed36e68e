"""Values for a template's parameters, checked before anything is sent to CloudFormation.

Source: "Parameters section syntax reference", AWS CloudFormation User Guide.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rie.aws.deploy.template import ARCHITECTURE_PARAMETER, IMAGE_PARAMETER, Template
from rie.errors import UserError

# Parameters that options set, and the option.
_OPTIONS = {IMAGE_PARAMETER: "--image", ARCHITECTURE_PARAMETER: "--arch"}
Declaration = Mapping[str, Any]


@dataclass(frozen=True)
class Values:
    """Parameters of CreateChangeSet: `given` values, and `kept` names, whose values stay."""

    given: Mapping[str, str]
    kept: tuple[str, ...]

    def for_api(self) -> list[dict[str, Any]]:
        """As a list of CloudFormation's Parameter."""
        new = [{"ParameterKey": k, "ParameterValue": v} for k, v in self.given.items()]
        return new + [{"ParameterKey": key, "UsePreviousValue": True} for key in self.kept]


def parse(words: Iterable[str]) -> dict[str, str]:
    """`KEY=VALUE` words as a mapping. Raises UserError for another form or a key given twice."""
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UserError(
                f"--parameter {word}: not of the form KEY=VALUE", "write --parameter MemorySize=256"
            )
        if key in _OPTIONS:
            raise UserError(f"--parameter {key}: an option sets it", f"use {_OPTIONS[key]}")
        if key in values:
            raise UserError(f"--parameter {key}: given twice", "give it once")
        values[key] = value
    return values


def choose(template: Template, given: Mapping[str, str], previous: Iterable[str]) -> Values:
    """Check `given` against `template`; what is not given keeps what the stack has in `previous`.

    The rest takes the template's defaults. Raises UserError that names the parameter.
    """
    for key, value in given.items():
        if key not in template.parameters:
            raise UserError(
                f"{template.path} has no parameter {key}", _suggestion(key, template.parameters)
            )
        fault = _fault(value, template.parameters[key])
        if fault:
            shown = "****" if is_secret(template.parameters[key]) else repr(value)
            raise UserError(f"parameter {key}: {shown} {fault}", "give a value that fits")
    deployed = set(previous)
    kept = tuple(key for key in template.parameters if key in deployed and key not in given)
    missing = [
        key
        for key, declaration in template.parameters.items()
        if key not in given and key not in kept and "Default" not in declaration
    ]
    if missing:
        words = " ".join(f"--parameter {key}=…" for key in missing)
        raise UserError(
            f"{template.path} needs a value for {', '.join(missing)}: there is no default",
            f"give {words}",
        )
    return Values(dict(given), kept)


def require(template: Template, name: str, option: str) -> None:
    """Raise UserError unless `template` has the parameter `name`, which `option` sets."""
    if name not in template.parameters:
        raise UserError(
            f"{template.path} has no parameter {name}, which {option} sets",
            "add it; functions/echo/template.yaml shows how",
        )


def _suggestion(key: str, known: Iterable[str]) -> str:
    names = sorted(set(known) - _OPTIONS.keys())
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    # Case is the commonest slip, and what difflib makes least of.
    near = [name for name in names if name.lower() == key.lower()] or near
    if near:
        return f"did you mean {near[0]}?"
    return f"it has {', '.join(names)}" if names else "it has none to give"


def is_secret(declaration: Declaration) -> bool:
    """Whether the value may not be shown (NoEcho)."""
    return str(declaration.get("NoEcho", "")).lower() == "true"


def _fault(value: str, declaration: Declaration) -> str | None:
    """What is wrong with `value`, or None. Types of AWS resources are left to CloudFormation."""
    allowed = [_text(one) for one in declaration.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return f"is none of {', '.join(allowed)}"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not _matches(str(pattern), value):
        return str(declaration.get("ConstraintDescription", f"does not match {pattern}"))
    kind = declaration.get("Type")
    if kind == "Number":
        return _number_fault(value, declaration)
    if kind == "String":
        low, high = declaration.get("MinLength", 0), declaration.get("MaxLength", len(value))
        if not int(low) <= len(value) <= int(high):
            return f"has {len(value)} characters; {low} to {high} are allowed"
    return None


def _number_fault(value: str, declaration: Declaration) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "is not a number"
    low, high = declaration.get("MinValue"), declaration.get("MaxValue")
    if low is not None and number < float(low):
        return f"is below the smallest, {low}"
    if high is not None and number > float(high):
        return f"is above the largest, {high}"
    return None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # a pattern of Java's that Python does not know: CloudFormation's to judge
        return True


def _text(value: Any) -> str:
    """A value of YAML as CloudFormation compares it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
