"""Where surefoot means to differ from awslambdaric 4.2.2, and why. Everything else is equal.

Each entry is proved by at least one test that is marked with `proves` and asserts both sides,
or asserts what awslambdaric does where it merely dies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

DIFFERENCES = {
    # Deaths: awslambdaric ends and posts nothing, so the caller waits for the time-out.
    "exit-in-handler": "SystemExit, KeyboardInterrupt and every other BaseException of a handler "
    "is one failed invocation; a library that calls sys.exit must not cost a sandbox.",
    "exit-at-import": "The same while the handler module is imported is an init error, so that "
    "the function's owner sees the reason instead of Runtime.ExitError.",
    "mute-exception": "An exception whose __str__ fails is still an exception to report.",
    "lone-surrogates": "A lone surrogate has no UTF-8 form; as a JSON escape it travels safely.",
    "header-safety": "An error type with line ends or letters beyond latin-1 must not break, or "
    "forge, a header.",
    "no-content-type": "The header is optional in the Runtime API; awslambdaric reads a null "
    "pointer. Without it the event is JSON.",
    "bad-deadline": "A deadline that is no number must not abort the process.",
    "refused-answers": "400, 403, 404, 410 and 413 concern one invocation that is already over; "
    "only 500 means that the container is to end.",
    "request-id-in-path": "The id is the caller's text under the RIE, so it is percent-encoded.",
    "handler-variable": "Without an argument the handler comes from _HANDLER, as the Runtime API "
    "says.",
    "init-error-refused": "An init error that is not accepted ends with the exit code of init "
    "errors, not with a trace of the runtime.",
    # Answers that mislead.
    "no-nan": "NaN and Infinity are no JSON: no caller outside Python can read them, and as "
    "input awslambdaric rejects them itself.",
    "bad-log-call": "A logging call that cannot be formatted is the log's fault and must not "
    "fail the invocation; so it is everywhere else in Python.",
    "odd-client-context": "A client context or identity that is JSON but no object is refused "
    "by name; awslambdaric shows an AttributeError of its own code.",
    # Reports.
    "error-type-header": "awslambdaric sends Lambda-Runtime-Function-Error-Type only with init "
    "errors; Lambda records the type from it, so surefoot sends it always.",
    "error-type-grammar": "Lambda records only types like Runtime.Name or Function.Name and takes "
    "anything else for Runtime.Unknown; the report itself keeps the bare name.",
    "init-error-headers": "awslambdaric posts init errors through http.client on a connection "
    "of its own: Accept-Encoding is there and Content-Type is not.",
    "cause-paths": "awslambdaric lists the paths of an X-Ray cause in the random order of a set.",
    "runtime-frames": "A stack trace shows the function's frames; where there is none, "
    "awslambdaric shows its own.",
    "import-frames": "Traces of init errors start at the function's module, not in importlib.",
    "import-error-trace": "An ImportError inside the function's own modules says where; "
    "awslambdaric's trace is empty.",
    "no-module-path": "A handler whose module part cannot be a path (an empty segment, a leading "
    "slash or dot) is malformed; awslambdaric lets importlib complain in words about packages.",
    "trimmed-by-name": "awslambdaric trims leading frames of any file called bootstrap.py, the "
    "function's own included.",
    "exception-chain": "Causes, contexts, notes and the members of groups are part of the "
    "explanation; awslambdaric drops them.",
    "small-cause": "The X-Ray cause is at most 64 KiB; awslambdaric sends up to 1 MiB of header.",
    "update-warning": "awslambdaric logs a warning about updates of managed runtimes before an "
    "init error; an image is updated by its owner alone.",
    "last-words": "At the end of the sandbox awslambdaric writes a libcurl message to standard "
    "output and a trace to standard error; surefoot writes one line to standard error.",
}

Test = TypeVar("Test", bound=Callable[..., object])


def proves(name: str) -> Callable[[Test], Test]:
    """Mark the test of an intended difference; a name that is not listed is an error."""
    assert name in DIFFERENCES, f"{name} is not among the intended differences"
    return lambda test: test
