"""What a client did with the start or with one event, as named texts that can be compared."""

from __future__ import annotations

import json
import re

from rie.compare.http_request import Request

Observations = dict[str, str]
"""Texts by name: one of the names below, in the order in which they are shown."""

OUTCOME = "outcome"
MODE = "mode"
CONTENT_TYPE = "content type"
BODY = "body"
STREAM_ERROR = "stream error"
ERROR_TYPE = "error type"
MESSAGE = "error message"
TRACE = "stack trace"
RECORDED = "recorded type"  # what Lambda's metrics and X-Ray take from the header
PROCESS = "process"
LOG = "log"

# The values of OUTCOME; any other says why there was no answer.
RESULT = "result"
ERROR = "error"
INIT_ERROR = "init error"
READY = "ready"
TOO_LARGE = "answer refused, larger than Lambda takes"

MAX_ANSWER_BYTES = 6_291_556
REQUEST_ID = "<request id>"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def of_result(request: Request, request_id: str) -> Observations:
    """A handler's result, buffered or streamed."""
    if is_too_large(request):
        return {OUTCOME: TOO_LARGE}
    facts = {OUTCOME: RESULT}
    mode = request.headers.get("lambda-runtime-function-response-mode")
    if mode:
        facts[MODE] = mode
    facts[CONTENT_TYPE] = request.headers.get("content-type", "(none)")
    facts[BODY] = _text(request.body).replace(request_id, REQUEST_ID)
    error = request.trailers.get("lambda-runtime-function-error-type")
    if error:
        facts[STREAM_ERROR] = error
    return facts


def is_too_large(request: Request) -> bool:
    """Whether Lambda refuses this answer; streams have a limit of their own."""
    streamed = "chunked" in request.headers.get("transfer-encoding", "")
    return not streamed and len(request.body) > MAX_ANSWER_BYTES


def of_error(request: Request, request_id: str = "", outcome: str = ERROR) -> Observations:
    """The report of an error, of the handler's or (INIT_ERROR) of the start."""
    facts = {OUTCOME: outcome, CONTENT_TYPE: request.headers.get("content-type", "(none)")}
    facts[RECORDED] = request.headers.get("lambda-runtime-function-error-type", "(none)")
    text = _text(request.body)
    if request_id:
        text = text.replace(request_id, REQUEST_ID)
    try:
        report = json.loads(text)
        trace = "\n".join(str(line).rstrip("\n") for line in report["stackTrace"] or [])
        facts[ERROR_TYPE] = _printable(report["errorType"])
        facts[MESSAGE] = _printable(report["errorMessage"])
        facts[TRACE] = _printable(trace)
    except (ValueError, KeyError, TypeError):
        facts[BODY] = text
    return facts


def of_log(output: str, request_id: str = "") -> str:
    """Printed lines without what differs each time: clock, request id, memory addresses."""
    if request_id:
        output = output.replace(request_id, REQUEST_ID)
    output = _ADDRESS.sub("<address>", _TIME.sub("<time>", output))
    # An uncaught error is one record to Lambda: its line ends are carriage returns, and the spaces
    # at the beginning of its lines are no-break spaces.
    output = output.replace("\u00a0", " ")
    return "\n".join(line.rstrip() for line in re.split(r"[\r\n]+", output)).rstrip("\n")


def _text(body: bytes) -> str:
    return body.decode(errors="backslashreplace")


def _printable(value: object) -> str:
    """What JSON could say and a log could not: a lone surrogate becomes an escape, as there."""
    return _text(str(value).encode(errors="backslashreplace"))
