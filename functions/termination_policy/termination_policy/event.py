"""The event of a custom termination policy, read and checked.

Source: "Create a custom termination policy with Lambda", Amazon EC2 Auto Scaling User Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeGuard

from termination_policy.errors import ValidationError

SCALE_IN = "SCALE_IN"
# Those that the guide lists. Another one is answered, too: quotas hold whatever the cause is.
CAUSES = frozenset({SCALE_IN, "INSTANCE_REFRESH", "MAX_INSTANCE_LIFETIME", "REBALANCE"})
_REMEDY = "send an event as EC2 Auto Scaling sends it"

Place = tuple[str, str]  # a zone and a market: each has a quota


class Instance(NamedTuple):
    """One instance that may be terminated."""

    id: str
    zone: str
    market: str
    type: str = ""  # such as m5.large; decides its weight

    @property
    def place(self) -> Place:
        """The zone and market whose quota it counts against."""
        return self.zone, self.market


Columns = tuple[list[str], list[str], list[str], list[str]]  # ids, zones, markets, types
_COLUMNS = tuple(map(itemgetter, ("InstanceId", "AvailabilityZone", "InstanceMarketOption")))
# Instance(*row) without a call of Python for each of 30,000.
_INSTANCE: Callable[[tuple[str, str, str, str]], Instance] = partial(tuple.__new__, Instance)


class Request(NamedTuple):
    """What Auto Scaling asks for: at most `quotas[place]` of capacity in each place."""

    group: str  # ARN
    cause: str
    quotas: dict[Place, int]
    columns: Columns
    has_more: bool  # the group has more instances than the 30,000 that an event shows
    invalid: tuple[ValidationError, ...] = ()  # entries that were left out

    @property
    def asked(self) -> int:
        """How much capacity to terminate."""
        return sum(self.quotas.values())

    @property
    def name(self) -> str:
        """The group's name, which is the end of its ARN."""
        return self.group.rpartition("autoScalingGroupName/")[2]

    def instances(self) -> Iterator[Instance]:
        """Yield the instances that may be terminated."""
        return map(_INSTANCE, zip(*self.columns, strict=True))

    @property
    def shown(self) -> int:
        """How many instances the event shows."""
        return len(self.columns[0])


def read_event(event: Any) -> Request:
    """Check an event. Unknown members are ignored. Raises ValidationError.

    A wrong entry is left out alone: it is not returned, or asks for nothing, and the other ones
    are answered. So new markets and causes of AWS do not stop scale-in.
    """
    if not isinstance(event, dict):
        raise ValidationError("event", f"it is {_kind(event)}, not an object", _REMEDY)
    invalid: list[ValidationError] = []
    return Request(
        group=_text(event, "AutoScalingGroupARN", "event"),
        cause=_text(event, "Cause", "event"),
        quotas=_quotas(_list(event, "CapacityToTerminate"), invalid),
        columns=_columns(_list(event, "Instances"), invalid),
        has_more=event.get("HasMoreInstances") is True,
        invalid=tuple(invalid),
    )


def _quotas(entries: list[Any], invalid: list[ValidationError]) -> dict[Place, int]:
    quotas: dict[Place, int] = {}
    for number, entry in enumerate(entries):
        where = f"CapacityToTerminate[{number}]"
        try:
            place = _place(entry, where)
            capacity = _capacity(entry.get("Capacity"), where)
        except ValidationError as error:
            invalid.append(error)
            continue
        if place in quotas:
            invalid.append(ValidationError(where, f"{' '.join(place)} is there twice", _REMEDY))
            capacity = min(capacity, quotas[place])  # the sum may be more than is meant
        quotas[place] = capacity
    return quotas


def _capacity(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValidationError(f"{where}.Capacity", f"{value!r} is not a count", _REMEDY)
    return value


def _columns(entries: list[Any], invalid: list[ValidationError]) -> Columns:
    """Check 30,000 entries within a fraction of a processor: in bulk, one by one only if wrong."""
    columns = _valid_columns(entries)
    if columns is None:
        columns = _valid_columns(list(_readable(entries, invalid)))
    return columns or ([], [], [], [])


def _valid_columns(entries: list[Any]) -> Columns | None:
    """Return the columns, or None if an entry is wrong or an instance is there twice."""
    if not entries:
        return [], [], [], []
    try:
        names, zones, markets = ([*map(column, entries)] for column in _COLUMNS)
        types = [entry.get("InstanceType") for entry in entries]
        together = "\n".join(names)  # only text can be joined
        valid = (
            together.count("\n") == len(names) - 1
            and f"\n{together}".count("\ni-") == len(names)
            and all(isinstance(one, str) and one for one in ({*markets} | {*zones}))
            and all(isinstance(one, str) for one in {*types})
            and len({*names}) == len(names)
        )
    except (KeyError, TypeError, AttributeError):  # a member is missing, or of the wrong type
        return None
    return (names, zones, markets, types) if valid else None


def _readable(entries: list[Any], invalid: list[ValidationError]) -> Iterator[dict[str, str]]:
    """Yield the entries that can be read; the reasons against the other ones are in `invalid`."""
    seen: dict[str, dict[str, str]] = {}
    twice: set[str] = set()
    for number, entry in enumerate(entries):
        where = f"Instances[{number}]"
        try:
            zone, market = _place(entry, where)
            name = _instance_id(entry.get("InstanceId"), where)
        except ValidationError as error:
            invalid.append(error)
            continue
        if name in seen:  # in which place is it?
            invalid.append(ValidationError(where, f"{name} is there twice", _REMEDY))
            twice.add(name)
        kind = entry.get("InstanceType")
        members = {"InstanceId": name, "AvailabilityZone": zone, "InstanceMarketOption": market}
        seen[name] = {**members, "InstanceType": kind if isinstance(kind, str) else ""}
    yield from (entry for name, entry in seen.items() if name not in twice)


def _instance_id(value: Any, where: str) -> str:
    if not isinstance(value, str) or value[:2] != "i-" or "\n" in value:
        raise ValidationError(f"{where}.InstanceId", f"{value!r} is not an instance id", _REMEDY)
    return value


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
    return isinstance(zone, str) and zone != "" and isinstance(market, str) and market != ""


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
