"""The console at /: a page without a build step and without network, fed by server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from rie.emulator.api.requests import make_json
from rie.emulator.emulator import Emulator, HostedFunction

_FOLDER = Path(__file__).parent
_FILES = {
    "/": ("index.html", "text/html"),
    "/console/console.css": ("console.css", "text/css"),
    "/console/console.js": ("console.js", "text/javascript"),
    "/console/lanes.js": ("lanes.js", "text/javascript"),
}
_HEADERS = {
    # Answers of functions are shown as text; should one ever become markup, it can load nothing.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_HEARTBEAT_S = 15.0  # a comment, so that a browser that is gone is noticed


def make_routes() -> list[Route]:
    """The page, what it loads, and its stream."""
    return [
        *(Route(path, _send_file) for path in _FILES),
        Route("/console/state", _describe),
        Route("/console/stream", _stream),
        Route("/console/schedules", _list_schedules),
        Route("/console/schedules/{number:int}/fire", _fire, methods=["POST"]),
    ]


async def _send_file(request: Request) -> Response:
    name, media_type = _FILES[request.url.path]
    return FileResponse(_FOLDER / name, media_type=media_type, headers=_HEADERS)


async def _describe(request: Request) -> Response:
    emulator: Emulator = request.app.state.emulator
    functions = [_describe_function(each) for _, each in sorted(emulator.functions.items())]
    samples = json.loads((_FOLDER / "samples.json").read_text(encoding="utf-8"))
    state = {"functions": functions, "samples": samples, **emulator.journal.describe()}
    return make_json(state, headers=_HEADERS)


def _describe_function(function: HostedFunction) -> dict[str, Any]:
    settings = function.settings
    folder = settings.function.directory / "events"
    events = {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.glob("*.json"))
    }
    return {
        "name": settings.name,
        "handler": settings.function.handler,
        "memory_mb": settings.memory_mb,
        "timeout_s": settings.timeout_s,
        "url": f"/url/{settings.name}/",
        "events": events,
        "queue": function.queue.describe(),
    }


async def _list_schedules(request: Request) -> Response:
    emulator: Emulator = request.app.state.emulator
    now = datetime.now(timezone.utc)
    found = [
        {
            "name": each.name,
            "function": each.function,
            "expression": each.expression,
            "time_zone": each.time_zone,
            "enabled": each.enabled,
            "window_minutes": each.window_minutes,
            "next": [moment.isoformat() for moment in each.find_next(now)],
        }
        for each in emulator.schedules
    ]
    return make_json(found, headers=_HEADERS)


async def _fire(request: Request) -> Response:
    emulator: Emulator = request.app.state.emulator
    number = request.path_params["number"]
    # A page of another origin cannot send this header without asking first.
    if "x-surefoot-console" not in request.headers or number >= len(emulator.schedules):
        return make_json({}, 404, _HEADERS)
    request_id = emulator.fire(emulator.schedules[number], datetime.now(timezone.utc))
    return make_json({"id": request_id}, 202, _HEADERS)


async def _stream(request: Request) -> Response:
    emulator: Emulator = request.app.state.emulator

    async def follow() -> AsyncIterator[str]:
        with emulator.journal.follow() as queue:
            yield ": begin\n\n"
            while True:
                try:
                    record = await asyncio.wait_for(queue.get(), _HEARTBEAT_S)
                except asyncio.TimeoutError:
                    yield ": still here\n\n"
                    continue
                if record is None:
                    return
                yield f"event: {record['kind']}\ndata: {json.dumps(record)}\n\n"

    return StreamingResponse(follow(), media_type="text/event-stream", headers=_HEADERS)
