"""A fleet: moto's EC2, trouble on the way to it, and the handler."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError

from surefoot.testing import invoke
from termination_policy import app
from termination_policy.errors import NotCertain
from tests.image.conftest import checkout, engine, image  # noqa: F401 (fixtures)
from tests.integration.functions.termination_policy.events import Event
from tests.integration.functions.termination_policy.wire import LIMIT_S, Wire

# Moto on a busy machine may need longer than the 1.5 s that EC2 Auto Scaling leaves a policy. Tests
# that are about the time set it themselves.
PATIENCE_S = 60.0


class Fleet:
    """What a test drives: POLICY, events, trouble."""

    def __init__(
        self, wire: Wire, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.wire = wire
        self._patch, self._capsys = patch, capsys

    def variables(self, **values: str) -> None:
        for name, value in values.items():
            self._patch.setenv(name, value)

    def decide(self, event: Any, policy: str | None = None, **context: Any) -> list[str]:
        """The ids that the handler answers, through JSON both ways."""
        if policy is not None:
            self.variables(POLICY=policy)
            with contextlib.suppress(NotCertain, BotoCoreError):  # as when a function starts
                app.warm_up()
        answer = invoke(app.handler, event, **{"timeout": 2 * LIMIT_S, **context})
        assert set(answer) == {"InstanceIDs"}
        return list(answer["InstanceIDs"])

    def logged(self) -> Event:
        """What the last invocation logged."""
        return dict(json.loads(self._capsys.readouterr().out.splitlines()[-1]))


@pytest.fixture(scope="session")
def wire() -> Wire:
    """One for all tests: a session of boto3 reads its models once."""
    return Wire()


@pytest.fixture(autouse=True)
def default_session() -> Iterator[None]:
    """Leave boto3's session without the wire."""
    yield
    boto3.DEFAULT_SESSION = None


@pytest.fixture
def fleet(
    wire: Wire, aws: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Fleet]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request otherwise
    app.setup.cache_clear()
    wire.begin()
    monkeypatch.setattr(app, "Clients", lambda _: wire.clients)
    # A slow machine is not what these tests are about; test_deadline.py sets its own limits.
    monkeypatch.setattr(app, "MAX_SECONDS", LIMIT_S)
    yield Fleet(wire, monkeypatch, capsys)
    wire.cleared.set()
    app.setup.cache_clear()
