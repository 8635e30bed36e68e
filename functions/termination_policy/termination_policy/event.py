"""The event of a custom termination policy, read and checked.

Source: "Create a custom termination policy with Lambda", Amazon EC2 Auto Scaling User Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeGuard

from termination_policy.errors import ValidationError

CAUSES = frozenset({"SCALE_IN", "INSTANCE_REFRESH", "MAX_INSTANCE_LIFETIME", "REBALANCE"})
MARKETS = frozenset({"on-demand", "spot"})
_REMEDY = "send an event as EC2 Auto Scaling sends it"

Place = tuple[str, str]  # a zone and a market: each has a quota


class Instance(NamedTuple):
    """One instance that may be terminated."""

    id: str
    zone: str
    market: str

    @property
    def place(self) -> Place:
        """The zone and market whose quota it counts against."""
        return self.zone, self.market


Columns = tuple[list[str], list[str], list[str]]  # ids, zones and markets, as they are read
_COLUMNS = tuple(map(itemgetter, ("InstanceId", "AvailabilityZone", "InstanceMarketOption")))
# Instance(*row) without a call of Python for each of 30,000.
_INSTANCE: Callable[[tuple[str, str, str]], Instance] = partial(tuple.__new__, Instance)


class Request(NamedTuple):
    """What Auto Scaling asks for: at most `quotas[place]` instances in each place."""

    group: str  # ARN
    cause: str
    quotas: dict[Place, int]
    columns: Columns
    has_more: bool  # the group has more instances than the 30,000 that an event shows

    @property
    def asked(self) -> int:
        """How many instances to terminate."""
        return sum(self.quotas.values())

    def instances(self) -> Iterator[Instance]:
        """Yield the instances that may be terminated."""
        return map(_INSTANCE, zip(*self.columns, strict=True))

    @property
    def shown(self) -> int:
        """How many instances the event shows."""
        return len(self.columns[0])


def read_event(event: Any) -> Request:
    """Check an event. Unknown members are ignored. Raises ValidationError."""
    if not isinstance(event, dict):
        raise ValidationError("event", f"it is {_kind(event)}, not an object", _REMEDY)
    cause = _text(event, "Cause", "event")
    if cause not in CAUSES:
        raise ValidationError(
            "Cause", f"{cause!r} is not one of {', '.join(sorted(CAUSES))}", _REMEDY
        )
    has_more = event.get("HasMoreInstances", False)
    if not isinstance(has_more, bool):
        raise ValidationError(
            "HasMoreInstances", f"it is {_kind(has_more)}, not true or false", _REMEDY
        )
    return Request(
        group=_text(event, "AutoScalingGroupARN", "event"),
        cause=cause,
        quotas=_quotas(_list(event, "CapacityToTerminate")),
        columns=_columns(_list(event, "Instances")),
        has_more=has_more,
    )


def _quotas(entries: list[Any]) -> dict[Place, int]:
    quotas: dict[Place, int] = {}
    for number, entry in enumerate(entries):
        where = f"CapacityToTerminate[{number}]"
        place = _place(entry, where)
        capacity = entry.get("Capacity")
        if not isinstance(capacity, int) or isinstance(capacity, bool) or capacity < 0:
            raise ValidationError(f"{where}.Capacity", f"{capacity!r} is not a count", _REMEDY)
        if place in quotas:
            raise ValidationError(where, f"{' '.join(place)} is there twice", _REMEDY)
        quotas[place] = capacity
    return quotas


def _columns(entries: list[Any]) -> Columns:
    """Check 30,000 entries within a fraction of a processor: in bulk, one by one only if wrong."""
    if not entries:
        return [], [], []
    try:
        names, zones, markets = ([*map(column, entries)] for column in _COLUMNS)
        together = "\n".join(names)  # only text can be joined
        sound = (
            together.count("\n") == len(names) - 1
            and f"\n{together}".count("\ni-") == len(names)
            and {*markets} <= MARKETS
            and all(isinstance(zone, str) and zone for zone in {*zones})
        )
    except (KeyError, TypeError):  # a member is missing, or of the wrong type
        sound = False
    if not sound:
        raise _fault(entries)
    if len({*names}) < len(names):
        raise ValidationError("Instances", "an instance is there twice", _REMEDY)
    return names, zones, markets


def _fault(entries: list[Any]) -> ValidationError:
    """Find the entry that is wrong."""
    for number, entry in enumerate(entries):
        where = f"Instances[{number}]"
        _place(entry, where)
        name = entry.get("InstanceId")
        if not isinstance(name, str) or name[:2] != "i-":
            return ValidationError(
                f"{where}.InstanceId", f"{name!r} is not an instance id", _REMEDY
            )
    return ValidationError("Instances", "they cannot be read", _REMEDY)


def _place(entry: Any, where: str) -> Place:
    if not isinstance(entry, dict):
        raise ValidationError(where, f"it is {_kind(entry)}, not an object", _REMEDY)
    place = entry.get("AvailabilityZone"), entry.get("InstanceMarketOption")
    if not _is_place(place):
        raise ValidationError(
            where, "zone {!r} and market {!r} are not a zone and market".format(*place), _REMEDY
        )
    return place


def _is_place(place: tuple[Any, Any]) -> TypeGuard[Place]:
    zone, market = place
    return isinstance(zone, str) and zone != "" and isinstance(market, str) and market in MARKETS


def _list(event: dict[str, Any], name: str) -> list[Any]:
    value = event.get(name)
    if not isinstance(value, list):
        raise ValidationError(name, f"it is {_kind(value)}, not a list", _REMEDY)
    return value


def _text(event: dict[str, Any], name: str, where: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise ValidationError(name, f"it is {_kind(value)} in the {where}, not text", _REMEDY)
    return value


def _kind(value: object) -> str:
    return "missing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
