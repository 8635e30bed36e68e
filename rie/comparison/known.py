"""The differences that surefoot means to make, where a comparison can see them: words and signs.

Each has a name, a sentence for the user, the facts that it touches and the signs that it is this
one. Signs are read from the facts of both clients about the same start or event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rie.comparison.facts import (
    BODY,
    CONTENT_TYPE,
    ERROR,
    ERROR_TYPE,
    INIT_ERROR,
    LOG,
    MESSAGE,
    MODE,
    OUTCOME,
    PROCESS,
    READY,
    RECORDED,
    RESULT,
    STREAM_ERROR,
    TOO_LARGE,
    TRACE,
)
from rie.comparison.signs import (
    Signs,
    adds_to_trace,
    died,
    dies_answered,
    own_code_failed,
    unmarshallable,
    without,
)

_ANSWER = frozenset({OUTCOME, MODE, CONTENT_TYPE, BODY, STREAM_ERROR, RECORDED, ERROR_TYPE})
WHOLE = _ANSWER | {MESSAGE, TRACE, PROCESS}
"""Every fact but the log, which is compared by lines."""


@dataclass(frozen=True)
class Known:
    """An intended difference; `theirs_only` and `ours_only` match log lines that belong to it."""

    name: str
    reason: str
    touches: frozenset[str]
    signs: Signs
    theirs_only: re.Pattern[str] | None = None
    ours_only: re.Pattern[str] | None = None


_LOST_LINES = re.compile(r"^Traceback \(most recent call last\):\n[\s\S]*", re.MULTILINE)

KNOWN = (
    Known(
        "exit-in-handler",
        "A handler that raises SystemExit, KeyboardInterrupt or another BaseException ends "
        "awslambdaric without an answer; under surefoot it is one failed invocation.",
        WHOLE,
        lambda theirs, ours: dies_answered(theirs, ours, ERROR) and not own_code_failed(theirs),
        theirs_only=_LOST_LINES,
    ),
    Known(
        "exit-at-import",
        "The same while the module is imported: surefoot reports an init error that names it.",
        WHOLE,
        lambda theirs, ours: dies_answered(theirs, ours, INIT_ERROR),
        theirs_only=_LOST_LINES,
    ),
    Known(
        "mute-exception",
        "awslambdaric dies while it describes an exception whose __str__ fails, or whose text has "
        "no UTF-8 form; surefoot reports it.",
        WHOLE,
        lambda theirs, ours: dies_answered(theirs, ours, ERROR) and own_code_failed(theirs),
        theirs_only=_LOST_LINES,
    ),
    Known(
        "lone-surrogates",
        "A lone surrogate has no UTF-8 form: awslambdaric fails or dies, surefoot escapes it.",
        WHOLE,
        lambda theirs, ours: (
            ours[OUTCOME] == RESULT
            and (
                theirs.get(ERROR_TYPE) == "UnicodeEncodeError"
                or (died(theirs) and "surrogates not allowed" in theirs.get(LOG, ""))
            )
        ),
        theirs_only=_LOST_LINES,
    ),
    Known(
        "refused-answers",
        "An answer that Lambda refuses ends awslambdaric; under surefoot the process serves on.",
        frozenset({PROCESS}),
        lambda theirs, ours: theirs[OUTCOME] == ours[OUTCOME] == TOO_LARGE,
        theirs_only=_LOST_LINES,
        ours_only=re.compile(r"^surefoot: the response of .*\n?", re.MULTILINE),
    ),
    Known(
        "no-nan",
        "NaN and Infinity are no JSON; surefoot says so instead of sending what callers cannot "
        "read.",
        WHOLE,
        lambda theirs, ours: (
            "Out of range float" in ours.get(MESSAGE, "")
            and bool(re.search(r"NaN|Infinity", theirs.get(BODY, "")))
        ),
    ),
    Known(
        "bad-log-call",
        "A logging call that cannot be formatted fails the invocation under awslambdaric; under "
        "surefoot it costs a line on standard error.",
        WHOLE,
        lambda theirs, ours: (
            ours[OUTCOME] == RESULT and "/logging/__init__.py" in theirs.get(TRACE, "")
        ),
        ours_only=re.compile(
            r"^--- Logging error ---\n[\s\S]*?^Message: .*\n(Arguments: .*\n?)?", re.MULTILINE
        ),
    ),
    Known(
        "error-type-header",
        "awslambdaric sends the type of an error as a header at init alone; Lambda records it from "
        "there, so surefoot sends it always.",
        frozenset({RECORDED}),
        lambda theirs, ours: (
            theirs[OUTCOME] == ours[OUTCOME] == ERROR and theirs[RECORDED] == "(none)"
        ),
    ),
    Known(
        "error-type-grammar",
        "Lambda records types like Function.Name only and takes others for Runtime.Unknown.",
        frozenset({RECORDED}),
        lambda theirs, ours: (
            theirs[OUTCOME] == ours[OUTCOME] == INIT_ERROR
            and ours[RECORDED] in (f"Function.{theirs[RECORDED]}", "Function.Unhandled")
        ),
    ),
    Known(
        "init-error-headers",
        "awslambdaric posts init errors without a content type.",
        frozenset({CONTENT_TYPE}),
        lambda theirs, ours: theirs[OUTCOME] == ours[OUTCOME] == INIT_ERROR,
    ),
    Known(
        "runtime-frames",
        "A stack trace shows the function's frames, not those of the runtime.",
        frozenset({TRACE}),
        without("/awslambdaric/"),
    ),
    Known(
        "import-frames",
        "A trace of an init error starts at the function's module, not in importlib.",
        frozenset({TRACE}),
        without("importlib"),
    ),
    Known(
        "import-error-trace",
        "An import that fails says where; awslambdaric's trace is empty.",
        frozenset({TRACE}),
        lambda theirs, ours: (
            theirs.get(ERROR_TYPE) == "Runtime.ImportModuleError"
            and not theirs.get(TRACE)
            and bool(ours.get(TRACE))
        ),
    ),
    Known(
        "no-module-path",
        "A handler whose module part cannot be a path is called malformed.",
        frozenset({ERROR_TYPE, MESSAGE, TRACE, RECORDED}),
        lambda theirs, ours: (
            ours.get(ERROR_TYPE) == "Runtime.MalformedHandlerName" and theirs[OUTCOME] == INIT_ERROR
        ),
    ),
    Known(
        "trimmed-by-name",
        "awslambdaric drops leading frames of any file called bootstrap.py, the function's own "
        "included.",
        frozenset({TRACE}),
        lambda theirs, ours: (
            "/bootstrap.py" in ours.get(TRACE, "")
            and ours.get(TRACE, "").endswith(theirs.get(TRACE, ""))
        ),
    ),
    Known(
        "exception-chain",
        "Causes, contexts, notes and group members explain an error; awslambdaric drops them.",
        frozenset({TRACE}),
        adds_to_trace,
    ),
    Known(
        "update-warning",
        "awslambdaric warns of updates of managed runtimes at every init error; an image is "
        "updated by its owner alone.",
        frozenset(),
        lambda theirs, ours: "LAMBDA_WARNING: Unhandled exception" in theirs.get(LOG, ""),
        theirs_only=re.compile(r"^\[WARNING\].*LAMBDA_WARNING: Unhandled.*\n?", re.MULTILINE),
    ),
    Known(
        "streaming",
        "A handler that is a generator streams its answer under surefoot; awslambdaric cannot.",
        WHOLE,
        unmarshallable("generator", "async_generator"),
    ),
    Known(
        "async-handlers",
        "surefoot runs coroutine handlers; awslambdaric tries to turn the coroutine into JSON.",
        WHOLE,
        unmarshallable("coroutine"),
        theirs_only=re.compile(
            r"^.*RuntimeWarning: coroutine .* never awaited.*\n(  .*\n?)*", re.MULTILINE
        ),
    ),
    Known(
        "more-handlers",
        "surefoot takes methods of classes and shell functions as handlers, too.",
        WHOLE,
        lambda theirs, ours: (
            theirs[OUTCOME] == INIT_ERROR
            and theirs.get(ERROR_TYPE) in ("Runtime.ImportModuleError", "Runtime.HandlerNotFound")
            and ours[OUTCOME] == READY
        ),
    ),
    Known(
        "deadline-guard",
        "Shortly before a time-out surefoot shows where every thread hangs.",
        frozenset(),
        lambda theirs, ours: "is about to time out" in ours.get(LOG, ""),
        ours_only=re.compile(r"^(Current thread|Thread|Stack) [\s\S]*", re.MULTILINE),
    ),
)
