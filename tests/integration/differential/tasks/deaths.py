"""Does what awslambdaric does not survive, or reports badly; the event names the case."""

# ruff: noqa: PLE0307 - what is wrong here is the case
import decimal
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

EMPTY: dict[str, object] = {}


class Base(BaseException):
    pass


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("mute")


class MuteInEveryWay(Exception):
    def __str__(self) -> str:
        raise SystemExit

    __repr__ = __str__


class NoText(Exception):
    def __str__(self) -> Any:
        return None


def throw(error: BaseException) -> Any:
    raise error


def chained() -> object:
    try:
        return EMPTY["first"]
    except KeyError as error:
        raise ValueError("second") from error


def in_context() -> object:
    try:
        return EMPTY["first"]
    except KeyError:
        return throw(ValueError("second"))


def with_note() -> object:
    error = ValueError("noted")
    if sys.version_info >= (3, 11):
        error.add_note("a note of the function")
    else:
        setattr(error, "__notes__", ["a note of the function"])  # noqa: B010 - what add_note does
    return throw(error)


def endless(depth: int) -> object:
    """Recursion through many frames that differ, so that no trace can fold them."""
    return endless_too(depth + 1)


def endless_too(depth: int) -> object:
    return endless(depth + 1)


def bad_log_arguments() -> object:
    logging.getLogger().error("%d", "no number")
    return "went on"


def bad_log_object() -> object:
    logging.getLogger().error(Mute())
    return "went on"


def surrogate_print() -> object:
    print("\ud800")
    return "went on"


CASES: dict[str, Callable[[], object]] = {
    "exit-text": lambda: sys.exit("bye"),
    "exit-zero": lambda: sys.exit(0),
    "exit-three": lambda: sys.exit(3),
    "interrupt": lambda: throw(KeyboardInterrupt()),
    "base-exception": lambda: throw(Base("base")),
    "generator-exit": lambda: throw(GeneratorExit()),
    "mute": lambda: throw(Mute()),
    "mute-in-every-way": lambda: throw(MuteInEveryWay()),
    "no-text": lambda: throw(NoText()),
    "surrogate-message": lambda: throw(ValueError("\ud800 broken")),
    "surrogate-result": lambda: {"a": "\ud800"},
    "surrogate-key": lambda: {"\udfff": 1},
    "surrogate-print": surrogate_print,
    "line-end-class": lambda: throw(type("Bad\r\nX-Injected: 1", (Exception,), {})("text")),
    "wide-class": lambda: throw(type("Größe日", (Exception,), {})("text")),
    "empty-class": lambda: throw(type("", (Exception,), {})("text")),
    "nan": lambda: float("nan"),
    "infinity": lambda: {"a": [float("inf")]},
    "minus-infinity": lambda: [float("-inf")],
    "decimal-nan": lambda: decimal.Decimal("NaN"),
    "decimal-minus-nan": lambda: decimal.Decimal("-NaN"),
    "decimal-signalling-nan": lambda: decimal.Decimal("sNaN"),
    "decimal-infinity": lambda: {"a": decimal.Decimal("-Infinity")},
    "chained": chained,
    "in-context": in_context,
    "with-note": with_note,
    "group": lambda: throw(eval("ExceptionGroup('both', [ValueError('one'), KeyError('two')])")),
    "recursion": lambda: endless(0),
    "bad-log-arguments": bad_log_arguments,
    "bad-log-object": bad_log_object,
    "closes-stdout": lambda: sys.stdout.close(),
    "leaves-directory": lambda: os.chdir("/"),
    "well": lambda: "well",
}


def handler(event: str, context: object) -> object:
    return CASES[event]()
