"""The routes of the users' side."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from rie.emulator import console
from rie.emulator.api import function_url, functions
from rie.emulator.api.invoke import invoke, invoke_with_response_stream
from rie.emulator.api.requests import make_error
from rie.emulator.emulator import Emulator
from rie.emulator.errors import ApiError

_FUNCTIONS = "/2015-03-31/functions"


def make_app(emulator: Emulator) -> ASGIApp:
    """The application: Lambda's API, function URLs and the console."""
    streaming = "/2021-11-15/functions/{name}/response-streaming-invocations"
    routes = [
        Route(f"{_FUNCTIONS}/{{name}}/invocations", invoke, methods=["POST"]),
        Route(streaming, invoke_with_response_stream, methods=["POST"]),
        Route(f"{_FUNCTIONS}/", functions.list_functions),
        Route(_FUNCTIONS, functions.list_functions),
        Route(f"{_FUNCTIONS}/{{name}}", functions.get_function),
        Route(f"{_FUNCTIONS}/{{name}}/configuration", functions.get_function_configuration),
        Route("/2021-10-31/functions/{name}/url", functions.get_function_url_config),
        Route("/2016-08-19/account-settings", functions.get_account_settings),
        *console.make_routes(),
    ]
    handlers = {ApiError: _answer_error, 404: _answer_unknown, 405: _answer_unknown}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.emulator = emulator
    return _WithFunctionUrls(app)


class _WithFunctionUrls:
    """Function URLs come first: their host or path names a function, and every path is theirs."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        request = Request(scope, receive)
        raw = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        path = raw.partition("?")[0]
        name = function_url.split_host(request.headers.get("host", ""))
        target = (name, path) if name else function_url.split_path(path)
        if target is None:
            await self._app(scope, receive, send)
            return
        response = await function_url.serve(request, *target)
        await response(scope, receive, send)


async def _answer_error(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, ApiError)  # noqa: S101  (registered for it alone)
    return make_error(error)


async def _answer_unknown(request: Request, error: Exception) -> Response:
    del error
    text = f"Unable to determine service/operation name to be authorized: {request.url.path}"
    return make_error(ApiError(404, "UnknownOperationException", text))
