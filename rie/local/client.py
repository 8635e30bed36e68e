"""One invocation of an emulator over HTTP, and its outcome: the RIE sends 200 for most errors."""

from __future__ import annotations

import enum
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from filelock import FileLock, Timeout

from rie.errors import UserError
from rie.paths import cache_dir

PATH = "/2015-03-31/functions/function/invocations"
LIST_PATH = "/2015-03-31/functions/"
_PROBE_S = 5.0
MAX_EVENT_BYTES = 6 * 1024 * 1024  # synchronous payload limit; the RIE silently cuts off the rest
# The RIE's own report, which has no request id. A Python handler's JSON would contain spaces.
_TOO_LARGE = re.compile(
    rb'\{"errorType":"Function\.ResponseSizeTooLarge","errorMessage":"Response payload size '
    rb'exceeded maximum allowed payload size \(\d+ bytes\)\."\}'
)
_TIMED_OUT = re.compile(rb"Task timed out after \d+\.\d\d seconds")


class InvocationOutcome(enum.Enum):
    """How an invocation ended; the value is the exit code of `rie invoke`."""

    SUCCEEDED = 0
    FUNCTION_FAILED = 1
    TIMED_OUT = 3
    RUNTIME_FAILED = 4


class NoAnswerError(UserError):
    """No answer: nothing listens, the emulator died, or the caller stopped waiting for it."""


@dataclass(frozen=True)
class InvocationResult:
    """What came back from the emulator, and after how many seconds (our waiting turn excluded)."""

    outcome: InvocationOutcome
    status: int
    body: bytes
    request_id: str
    seconds: float

    @property
    def function_error(self) -> str | None:
        """What Lambda has in X-Amz-Function-Error: Unhandled for every failure, None for none."""
        return None if self.outcome is InvocationOutcome.SUCCEEDED else "Unhandled"

    def report(self) -> dict[str, Any] | None:
        """The error report of a failed invocation (errorType, errorMessage …), if it is one."""
        return _error_report(self.body) if self.outcome is not InvocationOutcome.SUCCEEDED else None


def invoke(
    url: str,
    event: bytes,
    *,
    wait_s: float | None = None,
    on_wait: Callable[[], None] = lambda: None,
) -> InvocationResult:
    """Post `event` to the emulator at `url` (its base, such as http://localhost:8080) in turn.

    `wait_s` bounds the wait for the answer in seconds; None leaves that to the function's own
    time-out. Raises NoAnswerError, and UserError for an event over MAX_EVENT_BYTES.
    """
    if len(event) > MAX_EVENT_BYTES:
        raise UserError(
            f"the event has {len(event):,} bytes; Lambda takes at most {MAX_EVENT_BYTES:,}",
            "put the data in S3 and send its key",
        )
    request_id = str(uuid.uuid4())
    turn = nullcontext() if _takes_several(url) else exclusive(url, on_wait)
    with turn:
        started = time.monotonic()
        response = _post(url, event, request_id, wait_s)
        seconds = time.monotonic() - started
    body = response.content
    request_id = response.headers.get("X-Amzn-RequestId", request_id)
    if "X-Amz-Executed-Version" in response.headers:
        outcome = classify_as_lambda(response.headers, body)
    else:
        outcome = classify(response.status_code, body, request_id)
        body = _as_lambda_says(outcome, body, request_id)
    return InvocationResult(outcome, response.status_code, body, request_id, seconds)


def classify_as_lambda(headers: Mapping[str, str], body: bytes) -> InvocationOutcome:
    """What an answer of Lambda's API means: a header says that it is an error."""
    if "X-Amz-Function-Error" not in headers:
        return InvocationOutcome.SUCCEEDED
    report = _error_report(body) or {}
    error_type = str(report.get("errorType"))
    if error_type == "Sandbox.Timedout":
        return InvocationOutcome.TIMED_OUT
    ended = error_type.startswith(("Runtime.", "Extension.", "Sandbox."))
    # The error of an import has no request id: there was no invocation yet.
    if ended or report.get("requestId") == "":
        return InvocationOutcome.RUNTIME_FAILED
    return InvocationOutcome.FUNCTION_FAILED


def _takes_several(url: str) -> bool:
    """Whether it is our emulator, which lists its functions; the official one takes turns."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(url.rstrip("/") + LIST_PATH, timeout=_PROBE_S)
        except requests.RequestException:
            return False
    return bool(answer.status_code == requests.codes.ok)


def classify(status: int, body: bytes, request_id: str) -> InvocationOutcome:
    """What an answer of the RIE means (its headers are the same for a result and an error).

    A report of a handler's error carries the id of this very request, which the caller of the RIE
    chose (X-Amzn-RequestId): a result that merely has errorType and errorMessage is a result.
    """
    if status != requests.codes.ok:
        return InvocationOutcome.RUNTIME_FAILED
    if _TIMED_OUT.fullmatch(body):  # bare text: as a Python handler's result it would be quoted
        return InvocationOutcome.TIMED_OUT
    if _TOO_LARGE.fullmatch(body):
        return InvocationOutcome.FUNCTION_FAILED  # Lambda calls it Unhandled
    report = _error_report(body)
    if report is not None and report.get("requestId") == request_id:
        return InvocationOutcome.FUNCTION_FAILED
    return InvocationOutcome.SUCCEEDED


def _as_lambda_says(outcome: InvocationOutcome, body: bytes, request_id: str) -> bytes:
    """An answer of the RIE in the form that callers of Lambda get, where the RIE has another.

    Recorded on AWS by LocalStack's validated snapshots, 2025-11 to 2026-01.
    """
    if outcome is InvocationOutcome.TIMED_OUT:
        kind, reason = "Sandbox.Timedout", body.decode()
    elif outcome is InvocationOutcome.RUNTIME_FAILED and not body:
        # The process ended during init; only the emulator's log has its status.
        kind, reason = "Runtime.ExitError", "Runtime exited without providing a reason"
    else:
        return body
    report = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {reason}"}
    return json.dumps(report, separators=(",", ":")).encode()


def _error_report(body: bytes) -> dict[str, Any] | None:
    if b'"errorType"' not in body:
        return None  # spares parsing a large result
    try:
        report = json.loads(body)
    except ValueError:
        return None
    if isinstance(report, dict) and {"errorType", "errorMessage"} <= report.keys():
        return report
    return None


def _post(url: str, event: bytes, request_id: str, wait_s: float | None) -> requests.Response:
    headers = {"Content-Type": "application/json", "X-Amzn-RequestId": request_id}
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment has no business with the emulator
        try:
            return session.post(url.rstrip("/") + PATH, event, headers=headers, timeout=wait_s)
        except requests.Timeout as error:
            raise NoAnswerError(
                f"no answer from {url} within {wait_s:g} s; the invocation still runs there",
                "start the emulator again: it crashes when it is invoked after a caller gave up",
            ) from error
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            if "refused" in str(error):
                raise NoAnswerError(
                    f"nothing listens at {url}", "start a function first: make run FUNCTION=echo"
                ) from error
            raise NoAnswerError(
                f"the emulator at {url} hung up without an answer; it probably died",
                "look at its output; it dies when two invocations overlap (one sent with curl?) "
                "or when an earlier caller gave up. Start it again if it has ended, then repeat",
            ) from error


@contextmanager
def exclusive(
    url: str, on_wait: Callable[[], None], *, cache: Path | None = None
) -> Iterator[None]:
    """Hold the emulator at `url` for one invocation; calls `on_wait` once if another holds it.

    AWS's emulator crashes when two invocations overlap. The lock is a file lock: other processes
    wait for it, and a killed one releases it.
    """
    folder = (cache or cache_dir()) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{_name_of(url)}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        on_wait()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if host in {"127.0.0.1", "::1"}:
        host = "localhost"
    return f"{host.replace(':', '_')}-{parts.port or 80}"
