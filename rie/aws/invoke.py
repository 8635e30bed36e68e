"""One invocation of a function on Lambda, with the same outcomes as a local one.

Nothing is retried: a call without an answer may have run, and a second one would run it again.
Source: Invoke, AWS Lambda API reference.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from rie.aws.account import explain_errors, open_session
from rie.errors import UserError
from rie.local.client import MAX_EVENT_BYTES, InvocationOutcome, InvocationResult
from surefoot.kit.time_budget import MAX_TIMEOUT_S

MAX_WAIT_S = MAX_TIMEOUT_S + 30.0  # a function may take this long; the rest is for its start
_ARN = re.compile(r"arn:[^:]+:lambda:(?P<region>[^:]+):\d{12}:function:[^:]+(?::(?P<version>.+))?")
_NAME = re.compile(r"(?:(?:\d{12}:)?function:)?[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9$_-]{1,128})?")
_QUALIFIER = re.compile(r"[A-Za-z0-9$_-]{1,128}")
_TIMED_OUT = re.compile(r"Task timed out after \d+\.\d\d seconds")
# Runtime errors that are caused by the handler's input or result.
_OF_THE_FUNCTION = frozenset(["Runtime.MarshalError", "Runtime.UnmarshalError"])
_OF_THE_RUNTIME = ("Runtime.", "Sandbox.", "Extension.")
# Errors with which Lambda rejects an invocation: reason and remedy.
_REFUSALS = {
    "ResourceNotFoundException": (
        "there is no function {name} in {region}",
        (
            "make deploy FUNCTION=… first, or correct the name, --qualifier or --region "
            "(aws lambda list-functions shows what is there)"
        ),
    ),
    "TooManyRequestsException": (
        "the invocation was throttled; the function was not run",
        "repeat it later, or raise the function's reserved concurrency or the account's limit",
    ),
    "AccessDeniedException": (
        "you may not invoke {name}",
        "allow lambda:InvokeFunction on it in the policy of the identity that you use",
    ),
    "ResourceConflictException": (
        "{name} is being created or changed",
        "wait for it (aws lambda wait function-updated-v2 --function-name {name}), then repeat",
    ),
    "ResourceNotReadyException": (
        "{name} was inactive and is being activated",
        "repeat it in a minute (aws lambda wait function-active-v2 --function-name {name})",
    ),
}


class UnansweredError(UserError):
    """No answer: the function was not reached, not run, or not waited for."""


def invoke(
    name: str,
    event: bytes,
    *,
    qualifier: str | None = None,
    region: str | None = None,
    wait_s: float | None = None,
    on_log: Callable[[str], None] = lambda _: None,
) -> InvocationResult:
    """Invoke the function called `name` (a name or an ARN) on Lambda and wait for its result.

    `wait_s` bounds the wait in seconds (default: as long as any function may run); `on_log` gets
    the end of its log, at most 4 KB. Raises UserError for what is wrong before anything is sent,
    UnansweredError after.
    """
    if len(event) > MAX_EVENT_BYTES:
        raise UserError(
            f"the event has {len(event):,} bytes; Lambda takes at most {MAX_EVENT_BYTES:,}",
            "put the data in S3 and send its key",
        )
    client = _client(open_session(_region(name, qualifier, region)), wait_s)
    wanted: dict[str, Any] = {"FunctionName": name, "LogType": "Tail", "Payload": event}
    if qualifier:
        wanted["Qualifier"] = qualifier
    started = time.monotonic()
    try:
        with explain_errors():
            answer = client.invoke(**wanted)
            body = answer["Payload"].read()
    except UserError as error:
        raise _unanswered(error, name, client.meta.region_name, wait_s) from error
    seconds = time.monotonic() - started
    on_log(base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"))
    outcome = classify(answer.get("FunctionError"), body)
    request_id = answer["ResponseMetadata"].get("RequestId", "")
    return InvocationResult(outcome, answer["StatusCode"], body, request_id, seconds)


def classify(function_error: str | None, body: bytes) -> InvocationOutcome:
    """What an answer means; `function_error` is the header X-Amz-Function-Error, None if absent."""
    if function_error is None:
        return InvocationOutcome.SUCCEEDED
    report = _read_report(body)
    kind, message = str(report.get("errorType", "")), str(report.get("errorMessage", ""))
    if kind in {"", "Sandbox.Timedout"} and _TIMED_OUT.search(message):
        return InvocationOutcome.TIMED_OUT
    if kind.startswith(_OF_THE_RUNTIME) and kind not in _OF_THE_FUNCTION:
        return InvocationOutcome.RUNTIME_FAILED
    if report.get("requestId") == "":  # so are errors that the module raises while it is imported
        return InvocationOutcome.RUNTIME_FAILED
    return InvocationOutcome.FUNCTION_FAILED


def _read_report(body: bytes) -> Mapping[str, Any]:
    """An error report; empty if `body` is none."""
    try:
        report = json.loads(body)
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}


def _region(name: str, qualifier: str | None, region: str | None) -> str | None:
    """The region to ask: an ARN names its own. Raises UserError for names that cannot be right."""
    if qualifier is not None and not _QUALIFIER.fullmatch(qualifier):
        raise UserError(
            f"--qualifier {qualifier!r} is neither a version nor an alias", "correct it, or omit it"
        )
    if not name.startswith("arn:"):
        if not _NAME.fullmatch(name):
            raise UserError(
                f"{name!r} cannot be the name of a function", "give its name or its ARN"
            )
        return region
    found = _ARN.fullmatch(name)
    if found is None:
        raise UserError(
            f"{name} is not the ARN of a function",
            "give arn:aws:lambda:REGION:ACCOUNT:function:NAME, or the name alone",
        )
    if region and region != found["region"]:
        raise UserError(
            f"{name} is in {found['region']}, but --region is {region}", "omit --region"
        )
    if qualifier and found["version"]:
        raise UserError(
            f"{name} names the version or alias {found['version']} already", "omit --qualifier"
        )
    return found["region"]


def _client(session: Any, wait_s: float | None) -> Any:
    from surefoot.kit.clients import ClientOptions, create_client

    options = ClientOptions(
        user_agent="rie",
        connect_timeout_s=10,
        read_timeout_s=MAX_WAIT_S if wait_s is None else wait_s,
        max_attempts=1,
    )
    with explain_errors():
        return create_client("lambda", options, session=session)


def _unanswered(error: UserError, name: str, region: str, wait_s: float | None) -> UnansweredError:
    from botocore.exceptions import ClientError, ReadTimeoutError

    cause = error.__cause__
    if isinstance(cause, ReadTimeoutError):
        waited = MAX_WAIT_S if wait_s is None else wait_s
        return UnansweredError(
            f"no answer from {name} within {waited:g} s; it may still be running",
            "read its log, and wait longer the next time (--wait)",
        )
    if isinstance(cause, ClientError):
        code = cause.response["Error"]["Code"]
        if code in _REFUSALS:
            reason, remedy = (text.format(name=name, region=region) for text in _REFUSALS[code])
            return UnansweredError(f"{reason} ({cause.response['Error']['Message']})", remedy)
    return UnansweredError(error.reason, error.remedy)
