"""Predicates that recognize an intended difference in the observations of both clients."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from rie.compare.observations import (
    BODY,
    ERROR,
    ERROR_TYPE,
    INIT_ERROR,
    LOG,
    MESSAGE,
    OUTCOME,
    READY,
    RECORDED,
    RESULT,
    TOO_LARGE,
    TRACE,
    Observations,
)

Predicate = Callable[[Observations, Observations], bool]
"""Takes the facts about one start or event, awslambdaric's first."""

_TRACE_HEAD = "Traceback (most recent call last):"
_ADDED = re.compile(r"^\s*(Caused by|While handling|Note:|Member \d+ of)", re.MULTILINE)

NAN_RECORD = r'^\{"timestamp": .*[ \[](NaN|-?Infinity)[,\]}].*\n?'


def outcomes(theirs: str, ours: str) -> Predicate:
    """Both ended so."""
    return lambda left, right: left[OUTCOME] == theirs and right[OUTCOME] == ours


def both(*signs: Predicate) -> Predicate:
    """All of the signs."""
    return lambda left, right: all(sign(left, right) for sign in signs)


def died_at(outcome: str, *, in_handler: bool) -> Predicate:
    """awslambdaric ended without an answer where surefoot had `outcome`.

    `in_handler` says whether it died of what the function raised, or in its own work on that.
    """

    def signs(theirs: Observations, ours: Observations) -> bool:
        if (
            not _died(theirs)
            or ours[OUTCOME] != outcome
            or surrogates(theirs, ours)
            or _header(theirs)
        ):
            return False
        _, traced, last = theirs.get(LOG, "").rpartition(_TRACE_HEAD)
        raised = not traced or "request_handler(event" in last or "import_module(" in last
        return raised is in_handler

    return signs


def surrogates(theirs: Observations, ours: Observations) -> bool:
    """awslambdaric died of a lone surrogate, or took it for the handler's error."""
    if _died(theirs):
        return "surrogates not allowed" in theirs.get(LOG, "")
    return theirs.get(ERROR_TYPE) == "UnicodeEncodeError" and ours[OUTCOME] == RESULT


def broken_header(theirs: Observations, ours: Observations) -> bool:
    """awslambdaric died of a header that it could not send."""
    return _header(theirs) and ours[OUTCOME] in (ERROR, INIT_ERROR)


def not_a_number(theirs: Observations, ours: Observations) -> bool:
    """awslambdaric sent a number that is not valid JSON."""
    sent = re.search(r"NaN|Infinity", theirs.get(BODY, ""))
    return sent is not None and "Out of range float" in ours.get(MESSAGE, "")


def unescaped(theirs: Observations, ours: Observations) -> bool:
    """Both sent the same JSON, awslambdaric with everything beyond ASCII escaped."""
    sent, wanted = ours.get(BODY, ""), theirs.get(BODY, "")
    if not wanted.isascii() or sent.isascii():
        return False
    try:
        return bool(json.loads(sent) == json.loads(wanted))
    except ValueError:
        return False


def bad_log_call(theirs: Observations, ours: Observations) -> bool:
    """The error that awslambdaric reports came out of the logging module."""
    return ours[OUTCOME] == RESULT and "/logging/__init__.py" in theirs.get(TRACE, "")


def no_header(theirs: Observations, ours: Observations) -> bool:
    """awslambdaric did not send the type of an error as a header."""
    return theirs[OUTCOME] == ours[OUTCOME] == ERROR and theirs[RECORDED] == "(none)"


def other_grammar(theirs: Observations, ours: Observations) -> bool:
    """Both sent it, surefoot in the form that Lambda takes."""
    wanted = (f"Function.{theirs.get(RECORDED)}", "Function.Unhandled")
    return outcomes(INIT_ERROR, INIT_ERROR)(theirs, ours) and ours.get(RECORDED) in wanted


def has_frames_of(sign: str) -> Predicate:
    """Their trace has frames of a file like `sign`, ours has none."""
    return lambda theirs, ours: sign in theirs.get(TRACE, "") and sign not in ours.get(TRACE, "")


def no_import_trace(theirs: Observations, ours: Observations) -> bool:
    """A failed import without a trace."""
    failed = theirs.get(ERROR_TYPE) == "Runtime.ImportModuleError"
    return failed and not theirs.get(TRACE) and bool(ours.get(TRACE))


def malformed(theirs: Observations, ours: Observations) -> bool:
    """Both failed to load; surefoot blames the handler's name."""
    return theirs[OUTCOME] == INIT_ERROR and ours.get(ERROR_TYPE) == "Runtime.MalformedHandlerName"


def own_bootstrap(theirs: Observations, ours: Observations) -> bool:
    """The function has a file called bootstrap.py, whose frames they lack."""
    fewer, more = theirs.get(TRACE, ""), ours.get(TRACE, "")
    return "/bootstrap.py" in more and more.endswith(fewer)


def adds_to_trace(theirs: Observations, ours: Observations) -> bool:
    """Our trace has all of theirs, and what led to the error."""
    fewer, more = theirs.get(TRACE, ""), ours.get(TRACE, "")
    return _ADDED.search(more) is not None and set(fewer.splitlines()) <= set(more.splitlines())


def recursion(theirs: Observations, ours: Observations) -> bool:
    """Both report a recursion without end."""
    return theirs.get(ERROR_TYPE) == ours.get(ERROR_TYPE) == "RecursionError"


def unmarshallable(*kinds: str) -> Predicate:
    """awslambdaric could not turn an object of this kind into JSON, surefoot did not try."""
    words = tuple(f"Object of type {kind} is not JSON serializable" for kind in kinds)
    return lambda theirs, ours: (
        theirs.get(MESSAGE, "").endswith(words) and not ours.get(MESSAGE, "").endswith(words)
    )


def unknown_handler(theirs: Observations, ours: Observations) -> bool:
    """awslambdaric finds no handler of that name, surefoot does."""
    kinds = ("Runtime.ImportModuleError", "Runtime.HandlerNotFound")
    return theirs.get(ERROR_TYPE) in kinds and ours[OUTCOME] == READY


def warned(theirs: Observations, _: Observations) -> bool:
    """awslambdaric printed its warning."""
    return "LAMBDA_WARNING: Unhandled exception" in theirs.get(LOG, "")


def remarked(_: Observations, ours: Observations) -> bool:
    """surefoot itself printed something."""
    return re.search(r"^surefoot: ", ours.get(LOG, ""), re.MULTILINE) is not None


def more_lines(theirs: Observations, ours: Observations) -> bool:
    """We logged more lines."""
    return len(ours.get(LOG, "").splitlines()) > len(theirs.get(LOG, "").splitlines())


def nan_in_logs(theirs: Observations, _: Observations) -> bool:
    """A JSON record of awslambdaric has a bare NaN or Infinity."""
    return re.search(NAN_RECORD, theirs.get(LOG, ""), re.MULTILINE) is not None


def guarded(_: Observations, ours: Observations) -> bool:
    """The deadline guard spoke."""
    return "is about to time out" in ours.get(LOG, "")


too_large = outcomes(TOO_LARGE, TOO_LARGE)


def _died(theirs: Observations) -> bool:
    return theirs[OUTCOME].startswith(("exited", "was killed"))


def _header(theirs: Observations) -> bool:
    log = theirs.get(LOG, "")
    return _died(theirs) and ("Invalid header value" in log or "'latin-1' codec can't" in log)
