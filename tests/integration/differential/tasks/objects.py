"""Returns objects and containers of every kind; the event names the case."""

import array
import collections
import dataclasses
import datetime
import decimal
import fractions
import pathlib
import types
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple


class Point(NamedTuple):
    x: int
    y: object


class Record:
    def __init__(self, fields: Any) -> None:
        self.fields = fields

    def _asdict(self) -> Any:
        if isinstance(self.fields, Exception):
            raise self.fields
        return self.fields


class NotCallable:
    _asdict = 5


class ForJson:
    def for_json(self) -> str:
        return "for_json"


class Strange:
    def __getattr__(self, name: str) -> Any:
        raise ValueError(f"no {name} here")


class Raw(bytes):
    pass


class Table(dict[Any, Any]):
    def items(self) -> Any:
        return [("from", "items")]


@dataclasses.dataclass
class Data:
    x: int


def circle_list() -> object:
    value: list[Any] = []
    value.append({"again": value})
    return value


def circle_dict() -> object:
    value: dict[str, Any] = {}
    value["again"] = [value]
    return value


def circle_asdict() -> object:
    fields: dict[str, Any] = {}
    record = Record(fields)
    fields["again"] = record
    return record


def same_twice() -> object:
    shared = [1]
    return [shared, shared, {"a": shared}]


OBJECTS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "list": lambda: [1, "a", None, [], {}, [[]]],
    "dict": lambda: {"b": 1, "a": {"c": [1.5, {"d": None}]}},
    "empty-dict": lambda: {},
    "tuple": lambda: (1, (2, ())),
    "same-twice": same_twice,
    "duplicate-keys": lambda: {1: "a", "1": "b", True and "true": "c", None: "d", "null": "e"},
    "namedtuple": lambda: Point(1, "é"),
    "namedtuple-nested": lambda: {"p": [Point(1, Point(2, None))]},
    "namedtuple-class": lambda: Point,
    "asdict": lambda: Record({"a": Record({"b": decimal.Decimal("1.10")})}),
    "asdict-ordered": lambda: Record(collections.OrderedDict(z=1, a=2)),
    "asdict-list": lambda: Record([1, 2]),
    "asdict-none": lambda: Record(None),
    "asdict-raises": lambda: Record(ValueError("no fields")),
    "asdict-attribute-error": lambda: Record(AttributeError("inner")),
    "asdict-not-callable": lambda: NotCallable(),
    "getattr-raises": lambda: Strange(),
    "for-json": lambda: ForJson(),
    "ordereddict": lambda: collections.OrderedDict(z=1, a=2),
    "defaultdict": lambda: collections.defaultdict(list, a=[1]),
    "counter": lambda: collections.Counter("aab"),
    "dict-subclass": lambda: Table(real=1),
    "userdict": lambda: collections.UserDict(a=1),
    "mappingproxy": lambda: types.MappingProxyType({"a": 1}),
    "chainmap": lambda: collections.ChainMap({"a": 1}),
    "deque": lambda: collections.deque([1]),
    "set": lambda: {1},
    "frozenset": lambda: [frozenset()],
    "range": lambda: range(3),
    "keys-view": lambda: {"a": 1}.keys(),
    "generator-inside": lambda: [(each for each in "ab")],
    "map-inside": lambda: [map(str, [1])],
    "datetime": lambda: datetime.datetime(2026, 1, 2, 3, 4, 5),
    "date-inside": lambda: {"a": [datetime.date(2026, 1, 2)]},
    "timedelta": lambda: datetime.timedelta(1),
    "uuid": lambda: uuid.UUID(int=5),
    "path": lambda: pathlib.PurePosixPath("/a"),
    "complex": lambda: 1j,
    "fraction": lambda: fractions.Fraction(1, 3),
    "object": lambda: object(),
    "dataclass": lambda: Data(1),
    "class": lambda: Data,
    "function": lambda: same_twice,
    "module": lambda: types,
    "exception": lambda: ValueError("as a value"),
    "ellipsis": lambda: ...,
    "not-implemented": lambda: NotImplemented,
    "simplenamespace": lambda: types.SimpleNamespace(a=1),
    "circular-list": circle_list,
    "circular-dict": circle_dict,
    "circular-asdict": circle_asdict,
    "bytes": lambda: b"raw \x00\xff",
    "bytes-empty": lambda: b"",
    "bytes-large": lambda: b"x" * 100_000,
    "bytes-subclass": lambda: Raw(b"sub"),
    "bytes-nested": lambda: {"a": [b"text", "é".encode()]},
    "bytes-nested-broken": lambda: ["ok", b"a\xffb"],
    "bytearray": lambda: bytearray(b"a"),
    "memoryview": lambda: memoryview(b"a"),
    "array": lambda: array.array("i", [1]),
    "deep": lambda: eval("[" * 80 + "]" * 80),
}
NAMES = list(OBJECTS)


def handler(event: str, context: object) -> object:
    return OBJECTS[event]()
