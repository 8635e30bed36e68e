"""A pool of environments on an event loop, and what it logged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rie.emulator.environment import Environment
from rie.emulator.invocation import Failure, Invocation
from rie.emulator.pool import Pool
from rie.emulator.settings import FunctionSettings
from rie.function import Function

TASKS = Path(__file__).parent / "tasks"
DEADLINE_S = 60.0  # only ever reached by a test that fails


class Recorder:
    """Collects log lines and states of environments."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.states: list[tuple[str, str]] = []

    def log_line(self, environment: Environment, line: bytes) -> None:
        del environment
        self.lines.append(line.decode(errors="replace"))

    def environment_changed(self, environment: Environment) -> None:
        self.states.append((environment.id, environment.state.value))


@dataclass
class Outcome:
    """A finished invocation."""

    body: bytes
    failure: Failure | None
    invocation: Invocation

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def log(self) -> list[str]:
        return [line.decode(errors="replace") for line in self.invocation.log]


class Laboratory:
    """A pool, and one line to invoke in it."""

    def __init__(self, handler: str, **options: Any) -> None:
        self.recorder = Recorder()
        settings = FunctionSettings(Function("tasks", TASKS, handler), **options)
        self.pool = Pool(settings, self.recorder)

    def start(self, event: Any = None, **options: Any) -> Invocation:
        payload = json.dumps(event).encode()
        invocation = Invocation(payload, self.pool.settings.arn, **options)
        self.pool.start(invocation)
        return invocation

    async def invoke(self, event: Any = None, **options: Any) -> Outcome:
        return await self.finish(self.start(event, **options))

    async def finish(self, invocation: Invocation) -> Outcome:
        body = await asyncio.wait_for(invocation.answer.read(), DEADLINE_S)
        return Outcome(body, invocation.answer.failure, invocation)


@asynccontextmanager
async def laboratory(handler: str, **options: Any) -> AsyncIterator[Laboratory]:
    """A laboratory that leaves no process behind."""
    made = Laboratory(handler, **options)
    try:
        yield made
    finally:
        await made.pool.stop()


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test on an event loop of its own, bounded."""

    async def bounded() -> None:
        await asyncio.wait_for(test(), 2 * DEADLINE_S)

    asyncio.run(bounded())


def state_of(pid: int) -> str:
    """The letter of proc(5): R, S, T (stopped), Z; empty when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]
