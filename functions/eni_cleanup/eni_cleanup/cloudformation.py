"""The response to CloudFormation: its contents, and its delivery.

Standard library only at import time, like everything that ``app`` relies on.
Sources: "Custom resource response objects" and "Custom resources", AWS CloudFormation User Guide.
"""

from __future__ import annotations

import json
import os
import re
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

# Buckets of CloudFormation are on S3, in whatever partition, region and form of address.
_S3_HOST = re.compile(
    r"[a-z0-9][a-z0-9.-]*\.s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?"
    r"\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov"
    r"|cloud\.adc-e\.uk)"
)
# Local runs and tests have no S3; on Lambda it stays unset.
ALSO_ALLOWED = "RESPONSE_URL_PREFIX"

Put = Callable[[str, bytes, "tuple[float, float]"], int]


class CfnResult(NamedTuple):
    """The result that CloudFormation gets. `status` is SUCCESS or FAILED.

    `replaces` gives an Update another id, so that CloudFormation sends a Delete for the old one,
    with the old properties, after the update has succeeded.
    """

    status: str
    reason: str = ""
    data: Mapping[str, str] = {}
    replaces: bool = False


class ResponseNotDelivered(RuntimeError):
    """The response URL accepted no response; the invocation fails, so that Lambda retries it."""


class ResponseUrlRefused(ValueError):
    """An event names an address where no answer is sent to, so it is not CloudFormation's."""


def check_response_url(event: Mapping[str, Any]) -> None:
    """Raise ResponseUrlRefused unless the answer goes to S3 over https.

    An answer says which interfaces and functions there are, and may be put anywhere by an event
    that is not CloudFormation's. The message never contains the address, which is a credential.
    """
    url = event.get("ResponseURL")
    prefix = os.environ.get(ALSO_ALLOWED)
    if isinstance(url, str) and prefix and url.startswith(prefix):
        return
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        valid = parts.scheme == "https" and parts.port in (None, 443) and not parts.username
        if valid and "\\" not in parts.netloc and _S3_HOST.fullmatch(parts.hostname or ""):
            return
    except ValueError:
        pass
    raise ResponseUrlRefused(
        "ResponseURL is not an https address of S3, so the event is not CloudFormation's: nothing "
        f"was done; for local runs set {ALSO_ALLOWED} to the beginning of the address"
    )


def make_failure(error: BaseException) -> CfnResult:
    """Return the result for an error, and log its traceback."""
    traceback.print_exception(type(error), error, error.__traceback__)
    return CfnResult(FAILED, f"{type(error).__name__}: {error}")


def deletes_failed_create(event: Mapping[str, Any]) -> bool:
    """Return whether CloudFormation deletes what a Create created that failed."""
    own = str(event.get("PhysicalResourceId", "")).startswith(_FAILED_CREATE)
    return own and event.get("RequestType") == "Delete"


def physical_id(event: Mapping[str, Any], status: str = SUCCESS, *, replaces: bool = False) -> str:
    """Return the resource's id: the one that it has, or one that every retry computes again.

    A new id in an Update makes CloudFormation delete the old resource in the end, so there is one
    only for an update that removes something. A failed Create gets an id of its own, because
    CloudFormation sends a Delete for it.
    """
    given = str(event.get("PhysicalResourceId") or "")
    if given and replaces and status == SUCCESS:
        # Of the request's id: every retry of it computes the same one.
        turn = f"{zlib.crc32(str(event.get('RequestId', '')).encode()):08x}"
        return f"{_first_id(given)}-u{turn}"
    if given:
        return given
    prefix = _FAILED_CREATE if status == FAILED else "eni-cleanup-"
    logical = str(event.get("LogicalResourceId", ""))[:255]
    return f"{prefix}{logical}-{zlib.crc32(str(event.get('StackId', '')).encode()):08x}"


def _first_id(given: str) -> str:
    """Return an id without what earlier updates appended."""
    return re.sub(r"(-u[0-9a-f]{8})+$", "", given)


def encode_response(event: Mapping[str, Any], verdict: CfnResult) -> bytes:
    """Return the JSON to send, at most 4,096 bytes: Data goes first, then the end of Reason."""
    # CloudFormation takes no FAILED without a reason.
    reason = verdict.reason or ("no reason is known" if verdict.status == FAILED else "")
    fields: dict[str, Any] = {
        "Status": verdict.status,
        "Reason": reason,
        "PhysicalResourceId": physical_id(event, verdict.status, replaces=verdict.replaces),
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
    :raises ResponseUrlRefused: the address is not one of S3
    """
    check_response_url(event)
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
