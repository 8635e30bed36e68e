"""A function under surefoot, from its source."""

from __future__ import annotations

import contextlib
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess, Outcome, measuring
from tests.support.request import Request
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

SOON_MS = 1_500


class Running:
    """A started function: its Runtime API, its process, its task directory."""

    def __init__(self, api: RuntimeApi, process: ClientProcess, task: Path) -> None:
        self.api = api
        self.process = process
        self.task = task

    def call(self, invocation: Invocation) -> Request:
        """Deliver one more invocation and return the complete answer to it."""
        self.api.deliver(invocation)
        return self.answer(invocation)

    def answer(self, invocation: Invocation) -> Request:
        """Wait for the answer to an invocation."""
        self.api.wait_until(lambda: bool(self._answers(invocation)))
        return self._answers(invocation)[0]

    def soon(self, event: bytes = b"{}", polls: int = 1) -> Invocation:
        """Return an invocation whose deadline comes soon; the guard takes a tenth of its time.

        Later than any busy machine needs to hand it over: one whose deadline has passed is not
        guarded. The process polls first, so that its start does not eat up the time.
        """
        self.api.wait_for(polls, Route.NEXT)
        deadline = str(int(time.time() * 1000) + SOON_MS)
        return Invocation(event, headers={"Lambda-Runtime-Deadline-Ms": deadline})

    def end(self) -> Outcome:
        """Take the sandbox away and return what the process left."""
        self.api.hang_up()
        return self.process.finish()

    def _answers(self, invocation: Invocation) -> list[Request]:
        posts = self.api.complete(Route.RESPONSE, Route.ERROR)
        return [each for each in posts if each.request_id == invocation.request_id]


class Start(Protocol):
    def __call__(
        self,
        source: str,
        *,
        handler: str = "app.handler",
        environ: Mapping[str, str | None] | None = None,
        command: Sequence[str] | None = None,
    ) -> Running: ...


@pytest.fixture
def measurement() -> dict[str, str]:
    """The variables of a measured process; a module whose functions must not be has its own."""
    return measuring()


@pytest.fixture
def start(tmp_path: Path, measurement: dict[str, str]) -> Iterator[Start]:
    """Start functions; each ends with the test."""
    with contextlib.ExitStack() as stack:

        def starter(
            source: str,
            *,
            handler: str = "app.handler",
            environ: Mapping[str, str | None] | None = None,
            command: Sequence[str] | None = None,
        ) -> Running:
            (tmp_path / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")
            api = stack.enter_context(RuntimeApi(then=Then.PARK))
            variables = {**measurement, **(environ or {})}
            process = ClientProcess(
                Client.SUREFOOT, handler, tmp_path, api.address, variables, command
            )
            return Running(api, stack.enter_context(process), tmp_path)

        yield starter
