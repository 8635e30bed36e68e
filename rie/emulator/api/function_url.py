"""Function URLs: http://NAME.lambda-url.localhost:PORT/… and http://localhost:PORT/url/NAME/…."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rie.emulator.api.requests import MAX_EVENT_BYTES
from rie.emulator.emulator import Emulator, HostedFunction
from rie.emulator.errors import ApiError
from rie.emulator.function_url import (
    DELIMITER,
    INTEGRATION,
    MAX_PRELUDE_BYTES,
    RESPONSE_STREAM,
    MalformedAnswerError,
    UrlRequest,
    UrlResponse,
    make_event,
    read_answer,
    read_prelude,
)
from rie.emulator.invocation import Answer, Invocation, make_trace_id

HOST_MARK = ".lambda-url."
PATH_PREFIX = "/url/"


async def serve(request: Request, name: str, path: str) -> Response:
    """Answer a request to the function URL of `name`; `path` begins with a slash."""
    emulator: Emulator = request.app.state.emulator
    try:
        function, _ = emulator.find(name)
    except ApiError as error:
        return _make_message(error.status, "Not Found")
    cors = function.settings.url.cors
    origin = request.headers.get("origin", "")
    preflight = request.method == "OPTIONS" and "access-control-request-method" in request.headers
    if cors and preflight:
        return _make_response(UrlResponse(200, cors.answer(origin, preflight=True)))
    response = await _invoke(request, function, path)
    if cors:
        _replace_headers(response.headers, cors.answer(origin, preflight=False))
    return response


async def _invoke(request: Request, function: HostedFunction, path: str) -> Response:
    body = await request.body()
    if len(body) > MAX_EVENT_BYTES:
        return _make_message(413, "Request Too Long")
    request_id = str(uuid.uuid4())
    trace_id = request.headers.get("x-amzn-trace-id") or make_trace_id()
    event = make_event(_describe(request, path, body), request_id, trace_id)
    invocation = Invocation(
        json.dumps(event).encode(),
        function.settings.arn,
        request_id=request_id,
        trace_id=trace_id,
        trigger="URL",
    )
    try:
        function.invoke(invocation)
    except ApiError as error:
        return _make_message(error.status, error.message)
    await invocation.answer.begun.wait()
    if function.settings.url.invoke_mode == RESPONSE_STREAM or invocation.answer.streamed:
        return await _make_streamed(invocation.answer)
    return await _make_buffered(invocation.answer)


def _describe(request: Request, path: str, body: bytes) -> UrlRequest:
    return UrlRequest(
        method=request.method,
        path=path,
        query=request.url.query,
        pairs=request.query_params.multi_items(),
        headers=[(name.lower(), value) for name, value in request.headers.items()],
        body=body,
        host=request.url.hostname or "localhost",
        source_ip=request.client.host if request.client else "127.0.0.1",
        port=request.url.port or 80,
    )


async def _make_buffered(answer: Answer) -> Response:
    body = await answer.read()
    if answer.failure is not None:
        return _make_message(502, "Internal Server Error")
    try:
        return _make_response(read_answer(body))
    except MalformedAnswerError:
        return _make_message(502, "Internal Server Error")


async def _make_streamed(answer: Answer) -> Response:
    """A stream as it comes; its prelude, if it has one, becomes status and headers."""
    chunks = answer.read_chunks()
    if answer.failure is not None:
        return _make_message(502, "Internal Server Error")
    if answer.content_type != INTEGRATION:
        return StreamingResponse(chunks, headers={"Content-Type": answer.content_type})
    begun = b""
    async for chunk in chunks:
        begun += chunk
        if DELIMITER in begun or len(begun) > MAX_PRELUDE_BYTES:
            break
    prelude, found, rest = begun.partition(DELIMITER)
    try:
        if not found:
            raise MalformedAnswerError("no delimiter within 16 KB")
        response = read_prelude(json.loads(prelude))
    except ValueError:
        return _make_message(502, "Internal Server Error")

    async def body() -> AsyncIterator[bytes]:
        yield rest
        async for chunk in chunks:
            yield chunk

    streamed = StreamingResponse(body(), response.status)
    _replace_headers(streamed.headers, response.headers)
    return streamed


def _make_response(response: UrlResponse) -> Response:
    made = Response(response.body, response.status)
    _replace_headers(made.headers, response.headers)
    return made


def _replace_headers(headers: MutableHeaders, pairs: list[tuple[str, str]]) -> None:
    """Set headers; several values of one name stay apart, as cookies need it."""
    for name in {name.lower() for name, _ in pairs} - {"set-cookie", "content-length"}:
        if name in headers:
            del headers[name]
    for name, value in pairs:
        if name.lower() != "content-length":
            headers.append(name, value)


def _make_message(status: int, text: str) -> Response:
    return Response(json.dumps({"Message": text}), status, media_type="application/json")


def split_host(host: str) -> str | None:
    """The function that a Host header names: echo of echo.lambda-url.localhost:8080."""
    name, mark, _ = host.partition(HOST_MARK)
    return name if mark and name else None


def split_path(path: str) -> tuple[str, str] | None:
    """The function that a path names, and the path that it gets, encoded as it came."""
    if not path.startswith(PATH_PREFIX):
        return None
    name, _, rest = path.removeprefix(PATH_PREFIX).partition("/")
    return (name, "/" + rest) if name else None
