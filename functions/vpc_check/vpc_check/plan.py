"""What is planned: how many environments at once, with how many connections each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NUMBERS = {"concurrency": 1, "connections": 1, "memory_mb": 128}  # member → default
_LISTS = ("subnets", "groups")


class PlanError(ValueError):
    """A plan that can't be read; the text names the member, the reason and the remedy."""


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
    """Read the member "capacity" of an event. Raises PlanError.

    Either one function's numbers, or {"functions": [numbers, …]}; "historic": true beside them.
    "connections" is of one environment and may be 0.
    """
    if not isinstance(value, Mapping):
        raise PlanError('capacity is no object: {"concurrency": 1000, "connections": 5}')
    rest = {member: value[member] for member in value if member != "historic"}
    listed: Any = rest.pop("functions", None)
    if listed is None:
        listed, rest = [rest], {}
    if rest:
        raise PlanError(f'capacity has "functions" and {", ".join(rest)} beside them: choose one')
    if not isinstance(listed, list) or not listed:
        raise PlanError("capacity.functions is no list of functions")
    historic = value.get("historic", False)
    if not isinstance(historic, bool):
        raise PlanError(f"capacity.historic is {historic!r}; it is true or false")
    return Plan(tuple(_planned(each) for each in listed), historic)


def _planned(value: object) -> Planned:
    if not isinstance(value, Mapping):
        raise PlanError(f"a function of the capacity plan is {value!r}, not an object")
    for member in value:
        if member not in (*_NUMBERS, *_LISTS):
            known = ", ".join((*_NUMBERS, *_LISTS, "historic", "functions"))
            raise PlanError(f"capacity has {member!r}; known are {known}")
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
        raise PlanError(f"capacity.{name} is {number!r}; it is a whole number, {least} or more")
    return number


def _ids(value: Mapping[str, object], name: str) -> tuple[str, ...]:
    ids = value.get(name, [])
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise PlanError(f"capacity.{name} is no list of ids")
    return tuple(ids)
