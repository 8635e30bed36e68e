"""The fault table: what goes wrong, and the one thing that surefoot then does.

Data only. The tests of this directory make each fault happen to a real runtime process and look
here for what must follow; a test checks that none is left out.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Outcome(enum.Enum):
    """What the process does. The value is its exit code; None when it goes on."""

    UNNOTICED = "goes on; nothing is lost, repeated or logged"
    REPEATED = "repeats the exchange once on a new connection and goes on"
    LOGGED = "writes one line to stderr and goes on with the next invocation"
    INIT = "posts nothing more and exits"
    SANDBOX_GONE = "the sandbox is gone: exits"
    CONTAINER = "container error: exits"
    DESCRIPTORS = "no socket can be opened: exits"
    PROTOCOL = "this is not the Runtime API: exits"
    CONFIG = "a setting cannot be used: exits"
    NO_HANDLER = "no handler is named: exits"

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None when the process goes on."""
        return _EXIT_CODES.get(self)


_EXIT_CODES = {
    Outcome.INIT: 1,
    Outcome.SANDBOX_GONE: 69,
    Outcome.CONTAINER: 71,
    Outcome.DESCRIPTORS: 75,
    Outcome.PROTOCOL: 76,
    Outcome.CONFIG: 78,
    Outcome.NO_HANDLER: 142,
}


@dataclass(frozen=True)
class Fault:
    """A row: what goes wrong, the outcome, and a part of the line on stderr ("": no line)."""

    what: str
    outcome: Outcome
    line: str = ""


FAULTS: dict[str, Fault] = {
    # The connection breaks.
    "next-cut": Fault(
        "a reply to next is cut, by a reset or an orderly close, after any number of its bytes",
        Outcome.REPEATED,
    ),
    "answer-cut": Fault(
        "the reply to an answer is cut after any number of its bytes and the answer had arrived",
        Outcome.REPEATED,
        "refused: the Runtime API expects no answer now (the connection broke and it was sent "
        "twice: the first ",
    ),
    "idle-close": Fault(
        "the connection is closed or reset between two exchanges", Outcome.REPEATED
    ),
    "idle-close-then-cut": Fault(
        "the connection is closed or reset between two exchanges, and the next one breaks, too",
        Outcome.REPEATED,
    ),
    "descriptor-closed": Fault(
        "the function closes the descriptor of the connection", Outcome.UNNOTICED
    ),
    "descriptor-taken": Fault(
        "the function closes the descriptor of the connection and has a file or socket of its own "
        "under that number",
        Outcome.UNNOTICED,
    ),
    "no-descriptor": Fault(
        "the function holds every descriptor and has closed that of the connection",
        Outcome.DESCRIPTORS,
        "cannot open a socket for the Runtime API (Too many open files)",
    ),
    "answer-broken": Fault(
        "the connection is reset while an answer is being sent, and nothing was said",
        Outcome.REPEATED,
    ),
    "next-cut-twice": Fault(
        "two replies to next in a row are cut", Outcome.SANDBOX_GONE, "hung up twice"
    ),
    "answer-cut-twice": Fault(
        "two replies to an answer in a row are cut", Outcome.SANDBOX_GONE, "hung up twice"
    ),
    "garbage-then-close": Fault(
        "replies that begin like HTTP end in the middle, twice",
        Outcome.SANDBOX_GONE,
        "hung up twice",
    ),
    "sandbox-ends": Fault(
        "the Runtime API goes away while the process waits for an invocation",
        Outcome.SANDBOX_GONE,
        "cannot connect to the Runtime API",
    ),
    "refused-at-start": Fault(
        "nothing listens at AWS_LAMBDA_RUNTIME_API",
        Outcome.SANDBOX_GONE,
        "Connection refused",
    ),
    # Odd but valid HTTP.
    "slow-drip": Fault("replies arrive one byte at a time", Outcome.UNNOTICED),
    "informational": Fault("1xx replies come before a reply", Outcome.UNNOTICED),
    "close-header": Fault("replies say Connection: close, or are HTTP/1.0", Outcome.UNNOTICED),
    "no-length": Fault("a reply ends with the connection", Outcome.UNNOTICED),
    "duplicate-headers": Fault("a header comes twice: its last value counts", Outcome.UNNOTICED),
    "surplus": Fault(
        "bytes follow a reply at once: they are dropped with the connection", Outcome.UNNOTICED
    ),
    "odd-value": Fault(
        "the value of a header holds a bare CR or LF, or NUL: each counts as a blank",
        Outcome.UNNOTICED,
    ),
    # No HTTP.
    "garbage": Fault("a reply is no HTTP/1.1", Outcome.PROTOCOL, "expected an HTTP/1.1 reply"),
    "garbage-answer": Fault(
        "the reply to an answer is no HTTP/1.1", Outcome.PROTOCOL, "expected an HTTP/1.1 reply"
    ),
    "endless-head": Fault(
        "the head of a reply does not end within 256 KiB",
        Outcome.PROTOCOL,
        "expected an HTTP/1.1 reply",
    ),
    "odd-name": Fault(
        "the name of a header holds a line end, NUL or a blank",
        Outcome.PROTOCOL,
        "malformed header name",
    ),
    "two-lengths": Fault(
        "a reply has two different lengths", Outcome.PROTOCOL, "two different Content-Length"
    ),
    "absurd-length": Fault(
        "a length is negative, no number, or beyond 128 MiB", Outcome.PROTOCOL, "Content-Length"
    ),
    "absurd-chunk": Fault(
        "the size of a chunk is not a number or beyond 128 MiB",
        Outcome.PROTOCOL,
        " a reply ",
    ),
    "no-request-id": Fault(
        "an invocation has no request id", Outcome.PROTOCOL, "without Lambda-Runtime-Aws-Request-Id"
    ),
    # Statuses.
    "next-refused": Fault(
        "next is answered with another status than 200", Outcome.PROTOCOL, "to GET invocation/next"
    ),
    "next-500": Fault("next is answered with 500", Outcome.CONTAINER, "answered 500 to GET"),
    "answer-400": Fault(
        "an answer is refused as malformed", Outcome.LOGGED, "refused as malformed"
    ),
    "answer-403": Fault("an answer is not expected", Outcome.LOGGED, "expects no answer now"),
    "answer-410": Fault("an answer is too late", Outcome.LOGGED, "too late"),
    "answer-413": Fault("a response is too large", Outcome.LOGGED, "too large"),
    "answer-500": Fault("an answer meets a container error", Outcome.CONTAINER, "answered 500"),
    "early-413": Fault(
        "413 comes while the body is being sent, and the peer reads no more, closes or resets",
        Outcome.LOGGED,
        "too large",
    ),
    # The start.
    "init-refused": Fault("the report of an init error is refused", Outcome.INIT, "to the report"),
    "bad-address": Fault(
        "AWS_LAMBDA_RUNTIME_API is missing or not HOST:PORT",
        Outcome.CONFIG,
        "AWS_LAMBDA_RUNTIME_API",
    ),
    "no-handler": Fault(
        "neither an argument nor _HANDLER names a handler",
        Outcome.NO_HANDLER,
        "no handler is named",
    ),
}
