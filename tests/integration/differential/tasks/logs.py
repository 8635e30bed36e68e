"""Logs in every way that a function does; the event names the case."""

import logging
import sys
from collections.abc import Callable
from typing import Any

logging.getLogger().warning("at import, before any request id")
print("printed at import")
log = logging.getLogger("function.module")


class Shouts:
    def __str__(self) -> str:
        return "an object's text"


def levels() -> None:
    for level in (5, 10, 15, 20, 25, 30, 40, 50, 60):
        log.log(level, "at level %d", level)


def exception() -> None:
    try:
        raise ValueError("logged with a trace")
    except ValueError:
        log.exception("it failed: %s", "so")


def info_level() -> None:
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    log.info("now seen")
    root.setLevel(logging.WARNING)
    log.info("no longer seen")


def own_handler() -> None:
    extra = logging.StreamHandler(sys.stdout)
    log.addHandler(extra)
    log.error("twice")
    log.removeHandler(extra)


def own_format() -> None:
    (handler,) = logging.getLogger().handlers
    old = handler.formatter
    handler.setFormatter(logging.Formatter("%(levelname)s %(aws_request_id)s %(message)s\n"))
    log.error("in a format of the function")
    handler.setFormatter(old)


def shape() -> None:
    root = logging.getLogger()
    print(len(root.handlers), root.level, root.handlers[0].level, logging.lastResort is not None)


def interleaved() -> None:
    for turn in range(3):
        print("print", turn)
        log.error("log %d", turn)
        sys.stdout.write(f"write {turn}\n")


CASES: dict[str, Callable[[Any], object]] = {
    "levels": lambda _: levels(),
    "exception": lambda _: exception(),
    "info-level": lambda _: info_level(),
    "interleaved": lambda _: interleaved(),
    "shape": lambda _: shape(),
    "own-handler": lambda _: own_handler(),
    "own-format": lambda _: own_format(),
    "basic-config": lambda _: logging.basicConfig(level=logging.DEBUG, format="ignored"),
    "after-basic-config": lambda _: log.info("not seen"),
    "object": lambda _: log.error(Shouts()),
    "dict": lambda _: log.error({"a": 1}),
    "percent-alone": lambda _: log.error("100%"),
    "multi-line": lambda _: log.error("one\ntwo\n"),
    "tabs": lambda _: log.error("a\tb"),
    "non-ascii": lambda _: log.error("é 日 😀"),
    "empty": lambda _: log.error(""),
    "extra": lambda _: log.error("with", extra={"colour": "red"}),
    "not-a-number": lambda _: log.error("with", extra={"x": float("nan"), "y": [float("-inf")]}),
    "stack-info": lambda _: log.error("no trace", exc_info=None),
    "context-log": lambda context: context.log("through the context"),
    "context-log-line": lambda context: context.log("with a line end\n"),
    "context-log-object": lambda context: context.log({"a": 1}),
    "print-partial": lambda _: print("no line end", end=""),
    "print-many": lambda _: print("a", "b", sep="\n"),
    "print-non-ascii": lambda _: print("é 日 😀"),
    "stderr": lambda _: print("to stderr", file=sys.stderr),
    "flush": lambda _: sys.stdout.flush(),
    "isatty": lambda _: print(sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.fileno()),
    "writelines": lambda _: sys.stdout.writelines(["one\n", "two\n"]),
    "buffer": lambda _: sys.stdout.buffer.write(b"") and None,
    "other-logger": lambda _: logging.getLogger("another").critical("other"),
}


def handler(event: str, context: Any) -> object:
    return CASES[event](context)
