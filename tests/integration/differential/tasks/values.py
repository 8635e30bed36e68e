"""Returns text, numbers and keys of every kind; the event names the case."""

import datetime
import decimal
import enum
from typing import Any, NamedTuple

D = decimal.Decimal


class Point(NamedTuple):
    x: int
    y: object


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Name(str, enum.Enum):
    ANN = "ann"


class Loud(str):
    def __str__(self) -> str:
        return "LOUD"


class Whole(int):
    def __repr__(self) -> str:
        return "whole"

    __str__ = __repr__


class Real(float):
    def __repr__(self) -> str:
        return "real"

    __str__ = __repr__


STRINGS = {
    "ascii": "plain",
    "empty": "",
    "latin": "é ß",
    "cjk": "日本語",
    "emoji": "😀 and 👩‍👩‍👧",
    "line-separators": "a\u2028b\u2029c\u0085d",
    "control": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "quotes": "\" \\ / ' </script> & <",
    "noncharacters": "\ufffe\uffff\ufeff\U0010ffff",
    "non-ascii-key-too": "ключ",
}

NUMBERS = {
    "zero": 0,
    "minus": -1,
    "big": 2**64,
    "huge": 10**300,
    "past-str-digits-limit": 10**5000,
    "true": True,
    "float": 0.1,
    "float-whole": 1.0,
    "float-1e16": 1e16,
    "float-1e22": 1e22,
    "float-1e-7": 1e-7,
    "float-minus-zero": -0.0,
    "float-largest": 1.7976931348623157e308,
    "float-smallest": 5e-324,
    "intenum": Level.HIGH,
    "int-subclass": Whole(5),
    "float-subclass": Real(5.5),
    "bool-in-list": [True, False, None],
}

DECIMALS = [
    *["1.10", "1E+3", "-0", "0E-10", "1E-400", "1E+400", "123456789012345678901234567890.5"],
    *["-1.5", "1e5", "0.000001", "0.0000001", "9" * 400],
]

KEYS: dict[str, Any] = {
    "int": 1,
    "negative": -5,
    "none": None,
    "true": True,
    "float": 1.5,
    "float-1e22": 1e22,
    "float-nan": float("nan"),
    "float-infinity": float("-inf"),
    "bytes": b"bytes",
    "bytes-utf8": "é".encode(),
    "bytes-broken": b"\xff",
    "tuple": (1, 2),
    "decimal": D("1.5"),
    "intenum": Level.HIGH,
    "strenum": Name.ANN,
    "enum": Colour.RED,
    "str-subclass": Loud("quiet"),
    "int-subclass": Whole(7),
    "float-subclass": Real(7.5),
    "datetime": datetime.date(2026, 1, 2),
    "namedtuple": Point(1, 2),
    "big": 2**70,
    "cjk": "日",
}

VALUES: dict[str, object] = {
    **{f"string-{name}": value for name, value in STRINGS.items()},
    **{f"string-in-dict-{name}": {value: [value]} for name, value in STRINGS.items()},
    **{f"number-{name}": value for name, value in NUMBERS.items()},
    **{f"decimal-{text[:12]}": {"d": [D(text)]} for text in DECIMALS},
    "enum": Colour.RED,
    "strenum": Name.ANN,
    "str-subclass": Loud("quiet"),
    "decimal-top": D("1.10"),
    **{f"key-{name}": {key: 1} for name, key in KEYS.items()},
}
NAMES = list(VALUES)


def handler(event: str, context: object) -> object:
    return VALUES[event]
