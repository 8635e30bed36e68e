"""The environments of one function: as many as there are invocations at once, up to a limit."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections import deque

from rie.emulator.environment import Environment, Observer
from rie.emulator.invocation import Invocation, make_failure
from rie.emulator.settings import FunctionSettings


class ThrottledError(Exception):
    """More invocations at once than the function's reserved concurrency."""


class Pool:
    """Runs invocations. The environment that was used last is used first, as on Lambda."""

    def __init__(self, settings: FunctionSettings, observer: Observer) -> None:
        self.settings = settings
        self._observer = observer
        self._idle: list[Environment] = []
        # None asks the waiting invocation to start an environment itself.
        self._waiting: deque[asyncio.Future[Environment | None]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._retired: set[Environment] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._stopped = False
        self.environments: list[Environment] = []

    @property
    def running(self) -> int:
        """Invocations that have begun or wait for an environment."""
        return len(self._tasks)

    def start(self, invocation: Invocation) -> None:
        """Begin an invocation, which goes on when its caller hangs up. Raises ThrottledError."""
        limit = self.settings.reserved_concurrency
        if self._stopped or (limit is not None and self.running >= limit):
            raise ThrottledError
        task = asyncio.get_running_loop().create_task(self._run(invocation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def restart(self) -> None:
        """Replace all environments; a busy one ends when its invocation has ended."""
        idle, self._idle = self._idle, []
        self._retired.update(each for each in self.environments if each not in idle)
        for environment in idle:
            self._end(environment)

    async def stop(self) -> None:
        """End all environments at once; what runs in them fails."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*self._endings)
        await asyncio.gather(*(each.stop() for each in self.environments))
        self.environments.clear()
        self._idle.clear()

    async def _run(self, invocation: Invocation) -> None:
        try:
            environment = await self._acquire()
            try:
                await environment.invoke(invocation)
            finally:
                self._release(environment)
        except asyncio.CancelledError:
            failure = make_failure("Sandbox.Failure", "the emulator ends", invocation.request_id)
            invocation.answer.finish(failure)
            raise
        except Exception:  # a defect of the emulator; the caller must not wait for ever
            traceback.print_exc(file=sys.stderr)
            text = "the emulator failed; see its log"
            invocation.answer.finish(make_failure("Sandbox.Failure", text, invocation.request_id))
        finally:
            invocation.done.set()

    async def _acquire(self) -> Environment:
        if self._idle:
            return self._idle.pop()
        if len(self.environments) >= self.settings.max_environments:
            waiter: asyncio.Future[Environment | None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            given = await waiter
            if given is not None:
                return given
        environment = Environment(self.settings, self._observer)
        self.environments.append(environment)
        self._observer.environment_changed(environment)
        try:
            await environment.initialise()
        except BaseException:
            self._release(environment)
            raise
        return environment

    def _release(self, environment: Environment) -> None:
        given: Environment | None = environment
        if environment in self._retired:
            self._end(environment)
            given = None
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(given)
                return
        if given is not None:
            environment.freeze()
            self._idle.append(environment)

    def _end(self, environment: Environment) -> None:
        self._retired.discard(environment)
        self.environments.remove(environment)
        task = asyncio.get_running_loop().create_task(environment.stop())
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
