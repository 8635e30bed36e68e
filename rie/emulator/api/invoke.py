"""Invoke and InvokeWithResponseStream.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rie.emulator.api import event_stream
from rie.emulator.api.requests import (
    MAX_ASYNC_EVENT_BYTES,
    MAX_EVENT_BYTES,
    describe_complete,
    read_event,
)
from rie.emulator.async_queue import QueuedEvent
from rie.emulator.emulator import Emulator
from rie.emulator.errors import ApiError
from rie.emulator.invocation import JSON, Invocation, make_trace_id
from rie.emulator.settings import VERSION

_MAX_CLIENT_CONTEXT = 3583  # bytes of base64; the API's documentation


async def invoke(request: Request) -> Response:
    """POST /2015-03-31/functions/{name}/invocations."""
    emulator: Emulator = request.app.state.emulator
    kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
    if kind not in {"RequestResponse", "Event", "DryRun"}:
        text = f"Value '{kind}' at 'invocationType' failed to satisfy constraint: Member must "
        raise ApiError(
            400,
            "ValidationException",
            f"1 validation error detected: {text}satisfy enum value set: "
            "[Event, RequestResponse, DryRun]",
        )
    name = request.path_params["name"]
    function, arn = emulator.find(name, request.query_params.get("Qualifier"))
    context = read_client_context(request)
    limit = MAX_ASYNC_EVENT_BYTES if kind == "Event" else MAX_EVENT_BYTES
    event = await read_event(request, limit=limit)
    if kind == "DryRun":
        return Response(status_code=204, headers={"X-Amz-Executed-Version": VERSION})
    trace_id = request.headers.get("x-amzn-trace-id") or make_trace_id()
    if kind == "Event":
        queued = QueuedEvent(event, arn, client_context=context, trace_id=trace_id)
        function.submit(queued)
        headers = {"X-Amzn-RequestId": queued.request_id, "X-Amzn-Trace-Id": trace_id}
        return Response(status_code=202, headers=headers)
    invocation = make_invocation(request, event, arn, context, trace_id)
    function.invoke(invocation)
    body = await invocation.answer.read()
    headers = _make_headers(invocation)
    if invocation.answer.failure is not None:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if _wants_tail(request):
        headers["X-Amz-Log-Result"] = _encode_tail(invocation)
    return Response(body, headers=headers, media_type=JSON)


async def invoke_with_response_stream(request: Request) -> Response:
    """POST /2021-11-15/functions/{name}/response-streaming-invocations."""
    emulator: Emulator = request.app.state.emulator
    name = request.path_params["name"]
    function, arn = emulator.find(name, request.query_params.get("Qualifier"))
    context = read_client_context(request)
    event = await read_event(request, limit=MAX_EVENT_BYTES)
    if request.headers.get("x-amz-invocation-type") == "DryRun":
        return Response(status_code=204, headers={"X-Amz-Executed-Version": VERSION})
    trace_id = request.headers.get("x-amzn-trace-id") or make_trace_id()
    invocation = make_invocation(request, event, arn, context, trace_id)
    function.invoke(invocation)
    await invocation.answer.begun.wait()

    async def encode() -> AsyncIterator[bytes]:
        answer = invocation.answer
        if answer.streamed or answer.failure is None:
            async for chunk in answer.read_chunks():
                yield event_stream.encode_event("PayloadChunk", chunk, "application/octet-stream")
        await invocation.done.wait()
        log = _encode_tail(invocation) if _wants_tail(request) else None
        complete = describe_complete(answer.failure, log)
        yield event_stream.encode_event("InvokeComplete", complete, JSON)

    headers = _make_headers(invocation)
    headers["X-Amzn-Remapped-Content-Type"] = invocation.answer.content_type
    return StreamingResponse(encode(), headers=headers, media_type=event_stream.CONTENT_TYPE)


def make_invocation(
    request: Request, event: bytes, arn: str, client_context: str, trace_id: str
) -> Invocation:
    """An invocation as its request describes it."""
    tenant = request.headers.get("x-amz-tenant-id", "")
    return Invocation(
        event, arn, client_context=client_context, trace_id=trace_id, tenant_id=tenant
    )


def read_client_context(request: Request) -> str:
    """The JSON that the runtime gets. Raises ApiError."""
    encoded = request.headers.get("x-amz-client-context", "")
    if not encoded:
        return ""
    try:
        if len(encoded) > _MAX_CLIENT_CONTEXT:
            raise ValueError(f"it has more than {_MAX_CLIENT_CONTEXT:,} bytes")
        text = base64.b64decode(encoded, validate=True).decode()
        json.loads(text)
    except (binascii.Error, ValueError) as error:
        reason = f"Client context must be a valid Base64-encoded JSON object: {error}"
        raise ApiError(400, "InvalidRequestContentException", reason) from error
    return " ".join(text.split())  # a header has one line; JSON does not care


def _make_headers(invocation: Invocation) -> dict[str, str]:
    return {
        "X-Amzn-RequestId": invocation.request_id,
        "X-Amz-Executed-Version": VERSION,
        "X-Amzn-Trace-Id": invocation.trace_id,
    }


def _wants_tail(request: Request) -> bool:
    return request.headers.get("x-amz-log-type") == "Tail"


def _encode_tail(invocation: Invocation) -> str:
    return base64.b64encode(invocation.tail()).decode()
