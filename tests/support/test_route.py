"""The addresses of the Runtime API."""

from __future__ import annotations

import pytest

from tests.support.route import Route, find_route


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "invocation/next", (Route.NEXT, "")),
        ("POST", "invocation/a%2Fb/error", (Route.ERROR, "a/b")),
        ("POST", "init/error", (Route.INIT_ERROR, "")),
        ("GET", "restore/next", (Route.RESTORE_NEXT, "")),
        ("POST", "restore/error", (Route.RESTORE_ERROR, "")),
        ("POST", "invocation/next", (Route.UNKNOWN, "")),
        ("POST", "invocation/a/b/error", (Route.UNKNOWN, "")),
    ],
)
def test_routes(method: str, path: str, route: tuple[Route, str]) -> None:
    assert find_route(method, f"/2018-06-01/runtime/{path}") == route
