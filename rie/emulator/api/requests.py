"""What the routes share: bounded bodies, JSON, and answers in AWS's form."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import Response

from rie.emulator.errors import ApiError
from rie.emulator.invocation import JSON, Failure

MAX_EVENT_BYTES = 6 * 1024 * 1024
MAX_ASYNC_EVENT_BYTES = 1024 * 1024


async def read_event(request: Request, *, limit: int) -> bytes:
    """The event of a request, checked to be JSON; nothing means {}. Raises ApiError."""
    body = bytearray()
    too_large = False
    async for chunk in request.stream():
        body += b"" if too_large else chunk
        if len(body) > limit:  # the rest is read, so that the client gets to read the answer
            too_large = True
            body.clear()
    if too_large:
        text = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        raise ApiError(413, "RequestTooLargeException", text)
    if not body:
        return b"{}"
    try:
        json.loads(body, parse_constant=_refuse_constant)
    except ValueError as error:
        text = f"Could not parse request body into json: Could not parse payload into json: {error}"
        raise ApiError(400, "InvalidRequestContentException", text) from error
    return bytes(body)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def make_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of the API."""
    return Response(json.dumps(value), status, dict(headers or {}), media_type=JSON)


def make_error(error: ApiError, request_id: str | None = None) -> Response:
    """An error of the API; clients read its code from a header."""
    headers = {
        "X-Amzn-ErrorType": error.code,
        "X-Amzn-RequestId": request_id or str(uuid.uuid4()),
    }
    return make_json(error.body(), error.status, headers)


def describe_complete(failure: Failure | None, log: str | None) -> bytes:
    """The last event of a streamed answer."""
    event: dict[str, str] = {}
    if failure is not None:
        event = {"ErrorCode": failure.error_type, "ErrorDetails": failure.message}
    if log is not None:
        event["LogResult"] = log
    return json.dumps(event).encode()
