"""What must be equal: requests without what belongs to the transport, logs without the clock."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.process import Outcome
from tests.support.request import Request
from tests.support.route import Route

# Names are compared in lower case, as HTTP does. Host is the port of this run; User-Agent names
# the client; Accept and Connection are habits of the HTTP library.
_TRANSPORT = frozenset(["host", "user-agent", "accept", "connection"])
_ERROR_TYPE = "lambda-runtime-function-error-type"
_CAUSE = "lambda-runtime-function-xray-error-cause"

_TIMESTAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_UPDATE_WARNING = re.compile(
    rb"^\[WARNING\]\t\S+\t\tLAMBDA_WARNING: Unhandled exception.*\n", re.MULTILINE
)
_LAST_WORDS = re.compile(rb"\[ERROR\] \[\d+\] LAMBDA_RUNTIME Failed to get next.*\n\Z")


def headers(request: Request) -> dict[str, object]:
    """The headers that say something to Lambda; see differences.py for those left out."""
    seen: dict[str, object] = {}
    for name, value in request.headers:
        key = name.decode("latin-1").lower()
        assert key not in seen, f"{key} was sent twice"
        seen[key] = cause(value) if key == _CAUSE else value
    if request.route is Route.ERROR:
        seen.pop(_ERROR_TYPE, None)  # difference "error-type-header"
    if request.route is Route.INIT_ERROR:
        seen.pop("content-type", None)  # difference "init-error-headers"
        seen.pop("accept-encoding", None)
        seen.pop(_CAUSE, None)
        seen.pop(_ERROR_TYPE, None)  # difference "error-type-grammar"
    return {key: value for key, value in seen.items() if key not in _TRANSPORT}


def cause(value: bytes) -> dict[str, Any]:
    """An X-Ray cause; awslambdaric lists the paths in the random order of a set."""
    loaded: dict[str, Any] = json.loads(value)
    assert len(loaded["paths"]) == len(set(loaded["paths"]))
    return {**loaded, "paths": sorted(loaded["paths"])}


def post(request: Request) -> tuple[str, dict[str, object], bytes]:
    """Target, headers and body of an answer."""
    return request.target, headers(request), request.body


def log(outcome: Outcome) -> bytes:
    """Standard output without the time of day and what only awslambdaric says."""
    text = _UPDATE_WARNING.sub(b"", outcome.stdout)  # difference "update-warning"
    text = _LAST_WORDS.sub(b"", text)  # difference "last-words"
    return _TIMESTAMP.sub(b"<time>", text)
