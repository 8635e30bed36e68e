"""What is asked for: the event, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surefoot.kit.errors import UserError
from vpc_check.safe_text import describe_target, describe_value
from vpc_check.target import Target, parse

FORMATS = ("json", "table", "html")
DISCOVERIES = ("endpoints", "rds", "docdb")
MEMBERS = ("function", "vpc_config", "targets", "capacity", "format", "probe")
_FUNCTION = re.compile(r"[A-Za-z0-9:$._-]{0,200}")  # a name, an ARN, or none
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_VPC_CONFIG = ("SubnetIds", "SecurityGroupIds", "Ipv6AllowedForDualStack")


@dataclass(frozen=True)
class Request:
    """One check. Either `function` (a name or ARN) or `vpc_config` (as Lambda's API has it)."""

    function: str
    vpc_config: Mapping[str, Any] | None
    targets: tuple[Target, ...]
    discover: frozenset[str]
    plan: Plan | None
    format: str
    probe: bool


def read_request(event: object, own_name: str = "") -> Request:
    """Read an event. Raises UserError.

    :param own_name: the function that is checked when the event names none: this one
    """
    if not isinstance(event, Mapping):
        raise UserError(
            'the event is not a JSON object: {"function": …, "targets"', '["https://…"]}'
        )
    for member in event:
        if member not in MEMBERS:
            raise UserError(
                f"unknown member {describe_value(member)}", f"known are {', '.join(MEMBERS)}"
            )
    if event.get("function") and event.get("vpc_config"):
        raise UserError("function and vpc_config exclude each other", "leave one out")
    function = event.get("function") or ("" if event.get("vpc_config") else own_name)
    if not isinstance(function, str) or not _FUNCTION.fullmatch(function):
        raise UserError(f"function is {describe_value(function)}", "give a name or an ARN")
    vpc_config = _vpc_config(event.get("vpc_config"))
    if not function and vpc_config is None:
        raise UserError('the event names neither a "function" nor a "vpc_config"', "name one")
    targets, discover = _targets(event.get("targets", []))
    return Request(
        function=function,
        vpc_config=vpc_config,
        targets=targets,
        discover=discover,
        plan=None if event.get("capacity") is None else read_plan(event["capacity"]),
        format=_one_of("format", event.get("format", "json"), FORMATS),
        probe=_flag("probe", event.get("probe", True)),
    )


def _vpc_config(value: object) -> Mapping[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value.get("SubnetIds"):
        raise UserError('vpc_config needs "SubnetIds"', "write it as in Lambda's API")
    for member in value:
        if member not in _VPC_CONFIG:
            raise UserError(
                f"vpc_config has {describe_value(member)}", f"known are {', '.join(_VPC_CONFIG)}"
            )
    for member in ("SubnetIds", "SecurityGroupIds"):
        if not _are_ids(value.get(member, [])):
            raise UserError(f"vpc_config.{member} is not a list of ids", "write a list of texts")
    return value


def _are_ids(ids: object) -> bool:
    return isinstance(ids, list) and all(
        isinstance(each, str) and _ID.fullmatch(each) for each in ids
    )


def _targets(values: object) -> tuple[tuple[Target, ...], frozenset[str]]:
    if not isinstance(values, list):
        raise UserError("targets is not a list", '["https://host", "tcp://host:port"]')
    targets: list[Target] = []
    discover: set[str] = set()
    for number, value in enumerate(values):
        if isinstance(value, Mapping) and set(value) == {"discover"}:
            kinds = value["discover"]
            for kind in kinds if isinstance(kinds, list) else [kinds]:
                discover.add(_one_of("discover", kind, DISCOVERIES))
        else:
            targets.append(_target(value, number))
    return tuple(dict.fromkeys(targets)), frozenset(discover)


def _target(value: object, number: int) -> Target:
    try:
        if isinstance(value, str):
            return parse(value)
        if isinstance(value, Mapping) and set(value) == {"url", "address"}:
            return parse(str(value["url"]), address=str(value["address"]))
    except UserError as error:
        raise UserError(f"targets[{number}]: {error.reason}", error.remedy) from error
    # Neither the value nor its keys are repeated: a mistyped member may hold a URL with a password.
    raise UserError(
        f"targets[{number}] is {describe_target(value)}",
        'a target is "https://…", {"url": …, "address": …} or {"discover": […]}',
    )


def _one_of(member: str, value: object, known: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in known:
        return value
    raise UserError(f"{member} is {describe_value(value)}", f"it is one of {', '.join(known)}")


def _flag(member: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise UserError(f"{member} is {describe_value(value)}", "it is true or false")


_NUMBERS = {"concurrency": 1, "connections": 1, "memory_mb": 128}  # member → default
_LISTS = ("subnets", "groups")


@dataclass(frozen=True)
class Planned:
    """One function: `concurrency` environments of `memory_mb`, `connections` of all of them."""

    concurrency: int
    connections: int
    memory_mb: int
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Functions that run at the same time; `historic` asks for the formulas before 2019, too."""

    functions: tuple[Planned, ...]
    historic: bool = False


def read_plan(value: object) -> Plan:
    """Read the member "capacity" of an event. Raises UserError.

    Either one function's numbers, or {"functions": [numbers, …]}; "historic": true next to them.
    "connections" is of one environment and may be 0.
    """
    if not isinstance(value, Mapping):
        raise UserError('capacity is not an object: {"concurrency": 1000, "connections"', "5}")
    rest = {member: value[member] for member in value if member != "historic"}
    listed: Any = rest.pop("functions", None)
    if listed is None:
        listed, rest = [rest], {}
    if rest:
        others = ", ".join(map(describe_value, rest))
        raise UserError(f'capacity has "functions" and {others} as well', "choose one")
    if not isinstance(listed, list) or not listed:
        raise UserError("capacity.functions is not a list of functions", "write a list of objects")
    historic = value.get("historic", False)
    if not isinstance(historic, bool):
        raise UserError(f"capacity.historic is {describe_value(historic)}", "it is true or false")
    return Plan(tuple(_planned(each) for each in listed), historic)


def _planned(value: object) -> Planned:
    if not isinstance(value, Mapping):
        raise UserError(
            f"a function of the capacity plan is {describe_value(value)}", "write an object"
        )
    for member in value:
        if member not in (*_NUMBERS, *_LISTS):
            known = ", ".join((*_NUMBERS, *_LISTS, "historic", "functions"))
            raise UserError(f"capacity has {describe_value(member)}", f"known are {known}")
    numbers = {name: _number(value, name, default) for name, default in _NUMBERS.items()}
    lists = {name: _ids(value, name) for name in _LISTS}
    return Planned(
        concurrency=numbers["concurrency"],
        connections=numbers["concurrency"] * numbers["connections"],
        memory_mb=numbers["memory_mb"],
        subnets=lists["subnets"],
        groups=lists["groups"],
    )


def _number(value: Mapping[str, object], name: str, default: int) -> int:
    number = value.get(name, default)
    least = 0 if name == "connections" else 1
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise UserError(
            f"capacity.{name} is {describe_value(number)}", f"it is a whole number, {least} or more"
        )
    return number


def _ids(value: Mapping[str, object], name: str) -> tuple[str, ...]:
    ids = value.get(name, [])
    if not isinstance(ids, list) or not _are_ids(ids):
        raise UserError(f"capacity.{name} is not a list of ids", "write a list of texts")
    return tuple(ids)
