"""The answer to CloudFormation: what it looks like, and getting it there.

Standard library only at import time, like everything that ``app`` relies on.
Sources: "Custom resource response objects" and "Custom resources", AWS CloudFormation User Guide.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

SUCCESS = "SUCCESS"
FAILED = "FAILED"
MAX_BODY = 4096  # bytes
MAX_ID = 1024  # bytes
CONNECT_S = 5.0
READ_S = 15.0
LONGEST_WAIT_S = 30.0
SPARE_S = 1.0  # of the invocation, for saying that nothing helped
TRIES_WHEN_REFUSED = 3  # a 4xx hardly changes its mind; Lambda repeats the whole event later
_CUT = " … (cut; the rest is in the function's log)"
_FAILED_CREATE = "eni-cleanup-not-created-"

Put = Callable[[str, bytes, "tuple[float, float]"], int]


class Verdict(NamedTuple):
    """What CloudFormation is to be told. `status` is SUCCESS or FAILED."""

    status: str
    reason: str = ""
    data: Mapping[str, str] = {}


class Undelivered(RuntimeError):
    """The response address took no answer; the invocation fails, so that Lambda repeats it."""


def failure(error: BaseException) -> Verdict:
    """Return the verdict on an error, whose trace goes to the log."""
    traceback.print_exception(type(error), error, error.__traceback__)
    return Verdict(FAILED, f"{type(error).__name__}: {error}")


def is_of_failed_create(event: Mapping[str, Any]) -> bool:
    """Tell whether CloudFormation takes back a Create that we answered with FAILED."""
    own = str(event.get("PhysicalResourceId", "")).startswith(_FAILED_CREATE)
    return own and event.get("RequestType") == "Delete"


def physical_id(event: Mapping[str, Any], status: str = SUCCESS) -> str:
    """Return the resource's id: the one that it has, or one that every repetition gives anew.

    A new id in an Update would make CloudFormation delete the old resource, and so cut off
    functions that are in use. A failed Create gets an id of its own, because CloudFormation sends
    a Delete for it.
    """
    given = str(event.get("PhysicalResourceId") or "")
    if given:
        return given
    prefix = _FAILED_CREATE if status == FAILED else "eni-cleanup-"
    logical = str(event.get("LogicalResourceId", ""))[:255]
    return f"{prefix}{logical}-{zlib.crc32(str(event.get('StackId', '')).encode()):08x}"


def body(event: Mapping[str, Any], verdict: Verdict) -> bytes:
    """Return the JSON to send, at most 4,096 bytes: Data goes first, then the end of Reason."""
    # CloudFormation takes no FAILED without a reason.
    reason = verdict.reason or ("no reason is known" if verdict.status == FAILED else "")
    fields: dict[str, Any] = {
        "Status": verdict.status,
        "Reason": reason,
        "PhysicalResourceId": physical_id(event, verdict.status),
        **{key: event.get(key, "") for key in ("StackId", "RequestId", "LogicalResourceId")},
        "NoEcho": False,
        "Data": dict(verdict.data),
    }
    if len(_encoded(fields)) > MAX_BODY:
        fields["Data"] = {}
    kept = reason
    while kept and len(_encoded(fields)) > MAX_BODY:
        kept = kept[: len(kept) * 7 // 8]
        fields["Reason"] = kept + _CUT
    return _encoded(fields)


def deliver(
    event: Mapping[str, Any],
    verdict: Verdict,
    context: Any,
    *,
    put: Put | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send the answer, again and again while the invocation lasts, until a 2xx confirms it.

    :param put: (address, body, (connect, read) time-outs in seconds) → status; raises OSError
    :raises Undelivered: no 2xx came; the message never holds the address, which is a credential
    """
    url = str(event.get("ResponseURL") or "")
    content = body(event, verdict)
    send = put or _sender()
    wait, tries, trouble = 1.0, 0, "there was no time left to try"
    while (left := context.get_remaining_time_in_millis() / 1000 - SPARE_S) > 0:
        try:
            status = send(url, content, (min(CONNECT_S, left), min(READ_S, left)))
        except (OSError, ValueError) as error:  # requests' exceptions are OSErrors, too
            # By name only: their text quotes the address with its signature.
            trouble = f"{type(error).__name__}"
            refused = isinstance(error, ValueError)
        else:
            if 200 <= status < 300:
                return
            trouble = f"HTTP status {status}"
            refused = 400 <= status < 500 and status not in (408, 429)
        tries += 1
        print(f"the answer was not taken by {_host(url)}: {trouble}", file=sys.stderr)
        if (refused and tries >= TRIES_WHEN_REFUSED) or wait > left:
            break
        sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT_S)
    raise Undelivered(
        f"CloudFormation's response address on {_host(url)} took no answer in {tries} tries "
        f"({trouble}). A function in a VPC needs a way to S3: take it out of the VPC, or add a NAT "
        f"gateway or a gateway endpoint for S3. The answer was {verdict.status}: {verdict.reason}"
    )


def _encoded(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "an address without a host"
    except ValueError:
        return "an address that is none"


def _sender() -> Put:
    try:
        import requests
    except Exception as error:  # a damaged package may raise anything while it is imported
        from . import plainput

        print(f"requests cannot be imported ({error!r}): http.client answers", file=sys.stderr)
        return plainput.put

    def put(url: str, content: bytes, timeout: tuple[float, float]) -> int:
        # An empty type, because the signature of the address was made with none. No redirects:
        # requests would turn a PUT into a GET, and the GET's 200 is no confirmation.
        with requests.put(
            url, data=content, headers={"Content-Type": ""}, timeout=timeout, allow_redirects=False
        ) as response:
            return response.status_code

    return put
