"""The six addresses of the Runtime API."""

from __future__ import annotations

import enum
from urllib.parse import unquote

PREFIX = "/2018-06-01/runtime/"


class Route(enum.Enum):
    """Which call of the Runtime API a request is."""

    NEXT = "GET invocation/next"
    RESPONSE = "POST invocation/{id}/response"
    ERROR = "POST invocation/{id}/error"
    INIT_ERROR = "POST init/error"
    RESTORE_NEXT = "GET restore/next"
    RESTORE_ERROR = "POST restore/error"
    UNKNOWN = "anything else"


_FIXED = {
    route.value.replace(" ", f" {PREFIX}"): route
    for route in (Route.NEXT, Route.INIT_ERROR, Route.RESTORE_NEXT, Route.RESTORE_ERROR)
}
_ABOUT_AN_INVOCATION = {"response": Route.RESPONSE, "error": Route.ERROR}


def find_route(method: str, target: str) -> tuple[Route, str]:
    """The route of a request and the request id in it, decoded (empty where there is none)."""
    fixed = _FIXED.get(f"{method} {target}")
    if fixed is not None:
        return fixed, ""
    # Split before decoding: an id that contains an encoded slash is one path segment.
    match target.removeprefix(PREFIX).split("/"):
        case ["invocation", request_id, verb] if method == "POST" and verb in _ABOUT_AN_INVOCATION:
            return _ABOUT_AN_INVOCATION[verb], unquote(request_id)
    return Route.UNKNOWN, ""
