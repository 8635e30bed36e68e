"""The function's settings: environment variables that begin with SCALING_."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scheduled_scaling.errors import ValidationError, suggest

PREFIX = "SCALING_"
CONTINUE_BY = ("self", "return", "durable")


@dataclass(frozen=True)
class Rate:
    """At most `burst` calls at once, `per_second` in the long run."""

    burst: int
    per_second: float


@dataclass(frozen=True)
class Settings:
    """The README describes each setting. Names end in _s for seconds."""

    scenarios: str = "scenarios.yaml"
    table: str = ""
    continue_by: str = "self"
    engines: tuple[str, ...] = ("docdb",)
    read_rate: Rate = Rate(50, 20.0)
    write_rate: Rate = Rate(10, 5.0)
    max_attempts: int = 4
    max_parallel: int = 8
    poll_s: float = 15.0
    reserve_s: float = 10.0
    settle_s: float = 60.0
    time_limit_s: float = 3 * 3600.0
    wrong_state_limit_s: float = 1800.0
    metrics_namespace: str = "Surefoot/Scaling"
    event_bus: str = ""
    wake_role: str = ""

    @staticmethod
    def from_environ(environ: Mapping[str, str]) -> Settings:
        """Read the variables. Raises ValidationError for an unknown one or an impossible value."""
        values: dict[str, Any] = {}
        for variable, text in environ.items():
            if not variable.startswith(PREFIX):
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name not in _READERS:
                known = [PREFIX + other.upper() for other in _READERS]
                raise ValidationError(
                    variable, "there is no such setting", suggest(variable, known)
                )
            reader, hint = _READERS[name]
            try:
                values[name] = reader(text)
            except ValueError:
                raise ValidationError(variable, f"{text!r} is not a possible value", hint) from None
        return Settings(**values)


def _required(text: str) -> str:
    if not text.strip():
        raise ValueError
    return text.strip()


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return read


def _list(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise ValueError
    return words


def _rate(text: str) -> Rate:
    found = re.fullmatch(r"(\d+)/(\d+(?:\.\d+)?)", text)
    if not found or int(found[1]) < 1 or float(found[2]) <= 0:
        raise ValueError
    return Rate(int(found[1]), float(found[2]))


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return read


def _seconds(text: str) -> float:
    if not 0 <= float(text) < float("inf"):
        raise ValueError
    return float(text)


def _seconds_from_one(text: str) -> float:
    if _seconds(text) < 1:
        raise ValueError
    return float(text)


_RATE_HINT = "write burst/per second, such as 50/20"
_TIME_HINT = "write seconds, 0 or more"
_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "scenarios": (_required, "name a file, s3://bucket/key or ssm:/name"),
    "table": (str.strip, "name a DynamoDB table"),
    "continue_by": (_one_of(*CONTINUE_BY), f"write {', '.join(CONTINUE_BY)}"),
    "engines": (_list, "name engines, separated by commas"),
    "read_rate": (_rate, _RATE_HINT),
    "write_rate": (_rate, _RATE_HINT),
    "max_attempts": (_integer(1, 10), "write a number from 1 to 10"),
    "max_parallel": (_integer(1, 32), "write a number from 1 to 32"),
    "poll_s": (_seconds_from_one, "write seconds, 1 or more"),
    "reserve_s": (_seconds, _TIME_HINT),
    "settle_s": (_seconds, _TIME_HINT),
    "time_limit_s": (_seconds, _TIME_HINT),
    "wrong_state_limit_s": (_seconds, _TIME_HINT),
    "metrics_namespace": (_required, "name a CloudWatch namespace"),
    "event_bus": (str.strip, "name an event bus, such as default"),
    "wake_role": (str.strip, "give the ARN of a role for EventBridge Scheduler"),
}
