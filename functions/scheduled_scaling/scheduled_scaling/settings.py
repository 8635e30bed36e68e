"""The function's settings: environment variables that begin with SCALING_."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scheduled_scaling.errors import Invalid, near

PREFIX = "SCALING_"


@dataclass(frozen=True)
class Rate:
    """At most `burst` calls at once, `per_second` in the long run."""

    burst: int
    per_second: float


@dataclass(frozen=True)
class Settings:
    """What each means stands in the README. Times are in seconds."""

    scenarios: str = "scenarios.yaml"
    table: str = ""
    again: str = "self"
    engines: tuple[str, ...] = ("docdb",)
    reads: Rate = Rate(50, 20.0)
    writes: Rate = Rate(10, 5.0)
    attempts: int = 4
    parallel: int = 8
    poll: float = 15.0
    reserve: float = 10.0
    settle: float = 60.0
    patience: float = 3 * 3600.0
    tries: int = 8
    namespace: str = "Surefoot/Scaling"

    @staticmethod
    def from_environ(environ: Mapping[str, str]) -> Settings:
        """Read the variables. Raises Invalid: one is unknown or has a value that cannot be."""
        values: dict[str, Any] = {}
        for variable, text in environ.items():
            if not variable.startswith(PREFIX):
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name not in _READERS:
                known = [PREFIX + other.upper() for other in _READERS]
                raise Invalid(variable, "no such setting", near(variable, known))
            reader, hint = _READERS[name]
            try:
                values[name] = reader(text)
            except ValueError:
                raise Invalid(variable, f"{text!r} is no value of it", hint) from None
        return Settings(**values)


def _word(text: str) -> str:
    if not text.strip():
        raise ValueError
    return text.strip()


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return read


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise ValueError
    return words


def _rate(text: str) -> Rate:
    found = re.fullmatch(r"(\d+)/(\d+(?:\.\d+)?)", text)
    if not found or int(found[1]) < 1 or float(found[2]) <= 0:
        raise ValueError
    return Rate(int(found[1]), float(found[2]))


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return read


def _seconds(text: str) -> float:
    if not 0 <= float(text) < float("inf"):
        raise ValueError
    return float(text)


def _a_second_or_more(text: str) -> float:
    if _seconds(text) < 1:
        raise ValueError
    return float(text)


_RATE_HINT = "write burst/per second, such as 50/20"
_TIME_HINT = "write seconds, 0 or more"
_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "scenarios": (_word, "name a file, s3://bucket/key or ssm:/name"),
    "table": (str.strip, "name a DynamoDB table"),
    "again": (_one_of("self", "return"), "write self or return"),
    "engines": (_words, "name engines, separated by commas"),
    "reads": (_rate, _RATE_HINT),
    "writes": (_rate, _RATE_HINT),
    "attempts": (_whole(1, 10), "write a number from 1 to 10"),
    "parallel": (_whole(1, 32), "write a number from 1 to 32"),
    "poll": (_a_second_or_more, "write seconds, 1 or more"),
    "reserve": (_seconds, _TIME_HINT),
    "settle": (_seconds, _TIME_HINT),
    "patience": (_seconds, _TIME_HINT),
    "tries": (_whole(1, 100), "write a number from 1 to 100"),
    "namespace": (_word, "name a CloudWatch namespace"),
}
