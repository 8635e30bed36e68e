"""A night: AWS with something to scale in it, a clock that only sleeping moves, and the handler."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rie.demo.aws import scaling_fixtures as seed
from scheduled_scaling import app
from surefoot.testing import invoke
from tests.image.conftest import checkout, engine, image  # noqa: F401 (fixtures)
from tests.integration.functions.scheduled_scaling.faults import Faults

FUNCTION = Path(__file__).parents[4] / "functions" / "scheduled_scaling"


class FakeTime:
    """Seconds that pass only during a sleep."""

    def __init__(self) -> None:
        self.seconds = 1_795_500_000.0  # 24 November 2026, 06:00 UTC
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class Night:
    """What a test drives: settings, scenarios, events, trouble."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self.time = FakeTime()
        self.faults = Faults()
        self._patch, self._folder = patch, folder
        patch.setattr(app, "clock", self.time.now)
        patch.setattr(app, "monotonic", self.time.now)
        patch.setattr(app, "sleep", self.time.sleep)
        patch.setenv("LAMBDA_TASK_ROOT", str(FUNCTION))
        self.set(engines=seed.ENGINE, max_parallel=1)

    def set(self, **settings: object) -> None:
        """Set SCALING_ variables."""
        for name, value in settings.items():
            self._patch.setenv(f"SCALING_{name.upper()}", str(value))

    def scenarios(self, text: str) -> None:
        """Use these scenarios instead of the example."""
        path = self._folder / "scenarios.yaml"
        path.write_text(text)
        self.set(scenarios=path)

    def send(self, event: object, *, timeout: float = 900.0, request_id: str = "one") -> Any:
        """Invoke the handler as Lambda would."""
        return invoke(
            app.handler, event, timeout=timeout, clock=self.time.now, request_id=request_id
        )

    def step(self, step: str, **more: Any) -> Any:
        """Send a step of the example scenario."""
        dry_run = {"dry_run": True} if more.pop("dry_run", False) else {}
        return self.send({"scenario": "nightly-batch", "step": step, **dry_run}, **more)


@pytest.fixture
def night(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Night]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request otherwise
    yield Night(monkeypatch, tmp_path)
    app._create_clients.cache_clear()
    seed.client.cache_clear()
    boto3.DEFAULT_SESSION = None
