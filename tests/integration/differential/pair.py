"""The two runs of one scenario, made once per test session."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.differential.odd_modules import ODD_MODULES
from tests.integration.differential.scenario import Scenario
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess, Outcome
from tests.support.request import Request
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

TASKS = Path(__file__).parent / "tasks"


@dataclass(frozen=True)
class Run:
    """What one client did in a scenario."""

    requests: list[Request]
    outcome: Outcome

    def posts(self, invocation: Invocation) -> list[Request]:
        """The answers to one invocation; anything but one is a fault."""
        return [each for each in self.requests if each.request_id == invocation.request_id]

    def post(self, invocation: Invocation) -> Request:
        """The single answer to one invocation."""
        (post,) = self.posts(invocation)
        return post

    @property
    def init_error(self) -> Request:
        """The single init error."""
        (post,) = (each for each in self.requests if each.route is Route.INIT_ERROR)
        return post

    def report(self, invocation: Invocation) -> dict[str, Any]:
        """The error report of one invocation; anything but a report is a fault."""
        post = self.post(invocation)
        assert post.route is Route.ERROR, post.body
        loaded: dict[str, Any] = json.loads(post.body)
        return loaded

    @property
    def init_report(self) -> dict[str, Any]:
        """The report of the init error."""
        loaded: dict[str, Any] = json.loads(self.init_error.body)
        return loaded

    @property
    def answered(self) -> int:
        """How many invocations were answered at all."""
        return sum(each.route in (Route.RESPONSE, Route.ERROR) for each in self.requests)


@dataclass(frozen=True)
class Pair:
    """Both runs of a scenario."""

    surefoot: Run
    awslambdaric: Run


class Pairs:
    """Runs scenarios, both clients side by side, each scenario once."""

    def __init__(self, task: Path) -> None:
        self._task = task
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._futures: dict[str, tuple[Scenario, Future[Run], Future[Run]]] = {}
        shutil.copytree(TASKS, task, ignore=shutil.ignore_patterns("__*__*"), dirs_exist_ok=True)
        for name, source in ODD_MODULES.items():
            (task / name).parent.mkdir(parents=True, exist_ok=True)
            (task / name).write_text(source)

    def run(self, scenario: Scenario) -> Pair:
        """Both runs of `scenario`; from the cache if it was run before."""
        if scenario.name not in self._futures:
            surefoot = self._pool.submit(self._run, Client.SUREFOOT, scenario)
            awslambdaric = self._pool.submit(self._run, Client.AWSLAMBDARIC, scenario)
            self._futures[scenario.name] = (scenario, surefoot, awslambdaric)
        known, first, second = self._futures[scenario.name]
        assert known == scenario, f"two scenarios are called {scenario.name}"
        return Pair(first.result(), second.result())

    def close(self) -> None:
        """Wait for the threads."""
        self._pool.shutdown()

    def _run(self, client: Client, scenario: Scenario) -> Run:
        with (
            RuntimeApi(scenario.script, then=Then.HANG_UP, init_answer=scenario.init_answer) as api,
            ClientProcess(
                client, scenario.handler, self._task, api.address, scenario.environ
            ) as process,
        ):
            outcome = process.finish()
        assert not outcome.killed, f"{client.value} hangs in {scenario.name}: {outcome}"
        return Run(api.requests, outcome)
