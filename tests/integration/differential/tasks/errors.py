"""Fails in every way that awslambdaric survives; the event names the case."""

# ruff: noqa: PLC2401, C400, S102, PTH123 - odd names and odd ways are the cases
import importlib
import json
from collections.abc import Callable
from typing import Any

helper: Any = importlib.import_module("helper")
EMPTY: dict[str, object] = {}


class Custom(Exception):
    pass


class WithArguments(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)


class WithText(Exception):
    def __str__(self) -> str:
        return "a text of its own\nin two lines"


class Outer:
    class Inner(Exception):
        pass


class FailsToBuild(Exception):
    def __init__(self, text: str) -> None:
        raise RuntimeError(f"no {text}")


class Größe(Exception):
    pass


class FaultException(Exception):
    """Named like awslambdaric's own, but the function's."""

    msg = "m"


def throw(error: BaseException) -> Any:
    raise error


def nested(depth: int) -> object:
    if depth == 0:
        return throw(Custom("deep down"))
    return nested(depth - 1)


def from_generator() -> object:
    return list(throw(Custom("in a generator")) for _ in [1])


def from_comprehension() -> object:
    return {key: throw(Custom("in a comprehension")) for key in "a"}


def from_compiled() -> object:
    scope: dict[str, Any] = {}
    exec(compile("def inner():\n    raise ValueError('compiled')", "<made up>", "exec"), scope)
    return scope["inner"]()


def multi_line() -> object:
    return throw(
        Custom(
            "spread over lines",
        )
    )


def with_finally() -> object:
    try:
        return throw(Custom("through finally"))
    finally:
        len("done")


def reraised() -> object:
    try:
        return throw(Custom("raised twice"))
    except Custom as error:
        raise error


CASES: dict[str, Callable[[], object]] = {
    "message": lambda: throw(ValueError("plain")),
    "no-message": lambda: throw(ValueError()),
    "empty-message": lambda: throw(Custom("")),
    "none-message": lambda: throw(Custom(None)),
    "key-error": lambda: EMPTY["missing"],
    "two-arguments": lambda: throw(WithArguments(1, "two")),
    "text-of-its-own": lambda: throw(WithText()),
    "inner-class": lambda: throw(Outer.Inner("inner")),
    "fails-to-build": lambda: throw(FailsToBuild("arguments")),
    "class-name-like-the-runtime": lambda: throw(FaultException("not a fault")),
    "non-ascii-message": lambda: throw(ValueError("é 日 😀 \u2028")),
    "multi-line-message": lambda: throw(ValueError("one\ntwo\n\nthree\n")),
    "indented-message": lambda: throw(ValueError("  one\n  two\ttab")),
    "quotes": lambda: throw(ValueError("\"double\" 'single' \\ back")),
    "nested": lambda: nested(5),
    "nested-once": lambda: nested(0),
    "repeated-frames": lambda: nested(30),
    "in-a-module": lambda: helper.fail("by module"),
    "in-a-module-on-disk-only": lambda: helper.fail_from_package(),
    "through-the-standard-library": lambda: json.loads("{"),
    "callback-of-the-standard-library": lambda: sorted([1, 2], key=lambda _: throw(Custom("key"))),
    "from-generator": from_generator,
    "from-comprehension": from_comprehension,
    "from-compiled": from_compiled,
    "multi-line-call": multi_line,
    "with-finally": with_finally,
    "reraised": reraised,
    "stop-iteration": lambda: next(iter([])),
    "zero-division": lambda: 1 // 0,
    "os-error": lambda: open("/nonexistent/file"),
    "unicode-error": lambda: b"\xff".decode(),
    "assertion": lambda: throw(AssertionError("asserted")),
    "import-error": lambda: __import__("not_installed"),
    "attribute-error": lambda: helper.no_such,
    "type-error": lambda: helper.fail(),
    "timeout": lambda: throw(TimeoutError("took long")),
    "not-implemented": lambda: throw(NotImplementedError()),
    "warning": lambda: throw(UserWarning("warned")),
    "long-message": lambda: throw(ValueError("x" * 20_000)),
    "control-characters": lambda: throw(ValueError("a\x00\x07\x1b[31mb")),
    "percent": lambda: throw(ValueError("100% {braces} %s")),
    "error-as-class": lambda: throw(Custom),  # type: ignore[arg-type]
    "after-an-error-all-is-well": lambda: "well",
}


def handler(event: str, context: object) -> object:
    return CASES[event]()
