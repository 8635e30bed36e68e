"""The response to CloudFormation: its contents, and its delivery.

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
MAX_BODY_BYTES = 4096
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0
MAX_WAIT_S = 30.0
RESERVE_S = 1.0  # of the invocation, to log that nothing helped
MAX_TRIES_AFTER_4XX = 3  # a 4xx rarely changes; Lambda retries the whole event later
_CUT = " … (cut; the rest is in the function's log)"
_FAILED_CREATE = "eni-cleanup-not-created-"

Put = Callable[[str, bytes, "tuple[float, float]"], int]


class CfnResult(NamedTuple):
    """The result that CloudFormation gets. `status` is SUCCESS or FAILED."""

    status: str
    reason: str = ""
    data: Mapping[str, str] = {}


class ResponseNotDelivered(RuntimeError):
    """The response URL accepted no response; the invocation fails, so that Lambda retries it."""


def make_failure(error: BaseException) -> CfnResult:
    """Return the result for an error, and log its traceback."""
    traceback.print_exception(type(error), error, error.__traceback__)
    return CfnResult(FAILED, f"{type(error).__name__}: {error}")


def deletes_failed_create(event: Mapping[str, Any]) -> bool:
    """Return whether CloudFormation deletes what a Create created that failed."""
    own = str(event.get("PhysicalResourceId", "")).startswith(_FAILED_CREATE)
    return own and event.get("RequestType") == "Delete"


def physical_id(event: Mapping[str, Any], status: str = SUCCESS) -> str:
    """Return the resource's id: the one that it has, or one that every retry computes again.

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


def encode_response(event: Mapping[str, Any], verdict: CfnResult) -> bytes:
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
    if len(_encoded(fields)) > MAX_BODY_BYTES:
        fields["Data"] = {}
    kept = reason
    while kept and len(_encoded(fields)) > MAX_BODY_BYTES:
        kept = kept[: len(kept) * 7 // 8]
        fields["Reason"] = kept + _CUT
    return _encoded(fields)


def deliver(
    event: Mapping[str, Any],
    verdict: CfnResult,
    context: Any,
    *,
    put: Put | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send the response, and retry while the invocation lasts until a 2xx confirms it.

    :param put: (address, body, (connect, read) time-outs in seconds) → status; raises OSError
    :raises ResponseNotDelivered: no 2xx came; the message never contains
        the URL, which is a credential
    """
    url = str(event.get("ResponseURL") or "")
    content = encode_response(event, verdict)
    send = put or _choose_put()
    wait, tries, trouble = 1.0, 0, "there was no time left to try"
    while (left := context.get_remaining_time_in_millis() / 1000 - RESERVE_S) > 0:
        try:
            status = send(url, content, (min(CONNECT_TIMEOUT_S, left), min(READ_TIMEOUT_S, left)))
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
        if (refused and tries >= MAX_TRIES_AFTER_4XX) or wait > left:
            break
        sleep(wait)
        wait = min(wait * 2, MAX_WAIT_S)
    raise ResponseNotDelivered(
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


def _choose_put() -> Put:
    try:
        import requests
    except Exception as error:  # a damaged package may raise anything while it is imported
        print(f"requests cannot be imported ({error!r}): http.client answers", file=sys.stderr)
        return put_with_http_client

    def put(url: str, content: bytes, timeout: tuple[float, float]) -> int:
        # An empty type, because the signature of the address was made with none. No redirects:
        # requests would turn a PUT into a GET, and the GET's 200 confirms nothing.
        with requests.put(
            url, data=content, headers={"Content-Type": ""}, timeout=timeout, allow_redirects=False
        ) as response:
            return response.status_code

    return put


def put_with_http_client(url: str, content: bytes, timeout: tuple[float, float]) -> int:
    """Send `content` to `url` once and return the status.

    :param timeout: seconds to connect and seconds to wait for each further byte
    :raises OSError: the server cannot be reached, or hangs up
    :raises ValueError: `url` is not an http(s) URL
    """
    import http.client

    parts = urlsplit(url)
    kinds = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise ValueError("ResponseURL is not an http(s) address; pass the event on unchanged")
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout[0])
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.connect()
        connection.sock.settimeout(timeout[1])
        connection.request("PUT", target, body=content, headers={"Content-Type": ""})
        status: int = connection.getresponse().status
        return status
    except http.client.HTTPException as error:
        raise ConnectionError(f"{type(error).__name__} instead of an answer") from error
    finally:
        connection.close()
