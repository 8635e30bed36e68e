"""One execution environment: its programs, their API, and the phases of its life.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import signal
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from rie.emulator import extensions_api, report, runtime_api
from rie.emulator.extensions_api import ExtensionsApi
from rie.emulator.http_server import Call, HttpServer, Reply
from rie.emulator.invocation import Failure, Invocation, Report, make_failure
from rie.emulator.processes import Process, ProcessGroup, Program, describe_exit
from rie.emulator.runtime_api import Exchange, RuntimeApi
from rie.emulator.settings import ACCOUNT, VERSION, FunctionSettings

SHUTDOWN_S = 2.0  # what programs get between SIGTERM and SIGKILL; nothing without extensions
_INTERNAL_SHUTDOWN_S = 0.5
_SHARE_OF_THE_RUNTIME = 0.3  # of that time, before extensions hear of it
_MEMORY_INTERVAL_S = 0.1


class State(enum.Enum):
    """What an environment does."""

    STARTING = "init"
    IDLE = "frozen"
    BUSY = "busy"
    ENDED = "ended"


class Observer(Protocol):
    """What wants to know about environments: the log and the console."""

    def log_line(self, environment: Environment, line: bytes) -> None:
        """A line was written, by the function or about it."""

    def environment_changed(self, environment: Environment) -> None:
        """It has another state."""


class _End(NamedTuple):
    """How an invocation ended: what its caller gets, what REPORT says, whether programs go on."""

    returned: Failure | None
    reported: Failure | None
    kept: bool
    restore_ms: float | None


class Environment:
    """A place for one invocation at a time; after a failure its programs are started again."""

    def __init__(self, settings: FunctionSettings, observer: Observer) -> None:
        self.settings = settings
        self.id = uuid.uuid4().hex
        day = datetime.now(timezone.utc).strftime("%Y/%m/%d")
        self.log_stream = f"{day}/[{VERSION}]{self.id}"
        self.state = State.STARTING
        self.invocation: Invocation | None = None
        self._observer = observer
        self._changed = asyncio.Event()
        self._server = HttpServer(self._handle)
        self._runtime_api = RuntimeApi(self._changed.set)
        self._extensions_api = ExtensionsApi(self._changed.set, self._describe())
        self._processes = ProcessGroup(self._take_line)
        self._runtime: Process | None = None
        self._exits: list[Process] = []
        self._watchers: set[asyncio.Task[None]] = set()
        self._initialised = False
        self._init_ms: float | None = None
        self._out_of_memory = False

    @property
    def pid(self) -> int | None:
        """The process id of its runtime, while it has one."""
        return self._runtime.pid if self._runtime is not None else None

    async def initialise(self) -> None:
        """The init phase. If it fails it is repeated in the first invocation, under its limit."""
        await self._server.start()
        started = time.monotonic()
        failure = await self._start_programs(started + self.settings.init_limit_s)
        self._init_ms = (time.monotonic() - started) * 1000
        self._processes.drain()
        if failure is not None:
            self._log(report.format_init_report(self._init_ms, "init", failure))
            self._init_ms = None
            await self._reset("timeout" if failure.timed_out else "failure")

    async def invoke(self, invocation: Invocation) -> None:
        """Run one invocation to its end, whatever that is. Sets everything but `done`."""
        self.invocation, invocation.environment = invocation, self.id
        self._set_state(State.BUSY)
        self._processes.thaw()
        self._log(report.format_start(invocation.request_id))
        started = time.monotonic()
        invocation.deadline_ms = int((time.time() + self.settings.timeout_s) * 1000)
        with self._watched_memory():
            end = await self._run_phases(invocation, started)
        duration_ms = min(time.monotonic() - started, self.settings.timeout_s) * 1000
        used_mb = self._processes.measure_peak_mb()
        init_ms, self._init_ms = self._init_ms, None
        size = self.settings.memory_mb
        used = size if self._out_of_memory else used_mb
        invocation.report = Report(duration_ms, init_ms, end.restore_ms, size, used)
        if not end.kept:
            timed_out = end.reported is not None and end.reported.timed_out
            await self._reset("timeout" if timed_out else "failure")
        self._processes.drain()
        self._log(report.format_end(invocation.request_id))
        self._log(report.format_report(invocation.request_id, invocation.report, end.reported))
        self.invocation = None
        # Last, and without a pause before the environment is free: the caller's next invocation
        # must find it.
        invocation.answer.finish(end.returned)

    def freeze(self) -> None:
        """Nothing of it runs until the next invocation."""
        if self._initialised and self.settings.freezes:
            self._processes.freeze()
        self._set_state(State.IDLE)

    async def stop(self) -> None:
        """End it: SIGTERM and 2 s if there are extensions, else at once."""
        self._processes.thaw()
        await self._reset("spindown")
        self._processes.close()
        self._server.stop()
        self._set_state(State.ENDED)

    async def _run_phases(self, invocation: Invocation, started: float) -> _End:
        deadline = started + self.settings.timeout_s
        failure = await self._initialise_again(invocation, started, deadline)
        restore_ms = None
        if failure is None and self._runtime_api.restoring:
            failure, restore_ms = await self._restore(invocation)
        if failure is not None:
            return _End(failure, failure, False, restore_ms)
        exchange = self._send(invocation)
        in_time = await self._wait_until(lambda: self._is_over(exchange), deadline)
        kept = in_time and not self._exits
        ended = None if kept else self._describe_end(invocation, in_time=in_time)
        exchange.expired = not in_time
        answered = exchange.answered.is_set()
        self._runtime_api.forget(exchange)
        # An answer counts, whatever the runtime did after it.
        returned = exchange.failure if answered else ended or exchange.failure
        return _End(returned, ended or exchange.failure, kept, restore_ms)

    def _is_over(self, exchange: Exchange) -> bool:
        parked = self._runtime_api.parked and self._extensions_api.ready
        return bool(self._exits) or (exchange.answered.is_set() and parked)

    def _send(self, invocation: Invocation) -> Exchange:
        trace = {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id}
        event = {
            "eventType": "INVOKE",
            "deadlineMs": invocation.deadline_ms,
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.arn,
            "tracing": trace,
        }
        self._extensions_api.send(event)
        return self._runtime_api.send(invocation)

    async def _initialise_again(
        self, invocation: Invocation, started: float, deadline: float
    ) -> Failure | None:
        """Start the programs where they do not run: Lambda calls it a suppressed init."""
        if self._initialised and self._processes.alive and not self._exits:
            return None
        if self._initialised:
            await self._reset("failure")
        failure = await self._start_programs(deadline, invocation)
        self._processes.drain()
        if failure is not None:
            init_ms = (time.monotonic() - started) * 1000
            self._log(report.format_init_report(init_ms, "invoke", failure))
        return failure

    async def _start_programs(
        self, deadline: float, invocation: Invocation | None = None
    ) -> Failure | None:
        """Start everything, and return when all of it waits for an invocation, or has failed."""
        request_id = invocation.request_id if invocation is not None else ""
        extensions = (
            [] if self.settings.image else _find_extensions(self.settings.opt / "extensions")
        )
        self._extensions_api.reset(frozenset(path.name for path in extensions))
        environment = self.settings.make_environment(self._server.address, self.log_stream)
        try:
            for path in extensions:
                self._start(Program(path.name, [str(path)], Path("/"), environment))
            self._runtime = self._start(self._make_runtime(environment))
        except OSError as error:
            message = f"fork/exec {error.filename}: {(error.strerror or '').lower()}"
            return make_failure("Runtime.InvalidEntrypoint", message, request_id)
        in_time = await self._wait_until(self._has_started, deadline)
        self._extensions_api.close_registration()
        failure = self._runtime_api.init_failure or self._extensions_api.failure
        if failure is None and (self._exits or not in_time):
            failure = self._describe_end(invocation, in_time=in_time)
        self._initialised = failure is None
        return failure

    def _has_started(self) -> bool:
        failed = self._runtime_api.init_failure or self._extensions_api.failure or self._exits
        waits = self._runtime_api.parked or self._runtime_api.restoring
        return bool(failed) or (waits and self._extensions_api.ready)

    def _make_runtime(self, environment: dict[str, str]) -> Program:
        function = self.settings.function
        handler = [function.handler] if function.handler else []
        image, memory_mb = self.settings.image, self.settings.memory_mb
        if image:
            return Program("runtime", handler, Path("/"), environment, image, memory_mb)
        command = [*self.settings.command, *handler]
        return Program("runtime", command, function.directory, environment)

    async def _restore(self, invocation: Invocation) -> tuple[Failure | None, float]:
        """As from a snapshot; an error that the runtime reports then is the invocation's."""
        started = time.monotonic()
        self._runtime_api.restore()
        in_time = await self._wait_until(self._has_restored, started + self.settings.init_limit_s)
        failure = self._runtime_api.init_failure
        if failure is None and (self._exits or not in_time):
            failure = self._describe_end(invocation, in_time=in_time)
        return failure, (time.monotonic() - started) * 1000

    def _has_restored(self) -> bool:
        ended = self._runtime_api.init_failure is not None or bool(self._exits)
        return self._runtime_api.parked or ended

    def _describe_end(self, invocation: Invocation | None, *, in_time: bool) -> Failure:
        """The failure of an invocation or init phase whose programs end with it."""
        request_id = invocation.request_id if invocation is not None else ""
        if self._exits:
            return self._describe_exit(request_id)
        limit = self.settings.timeout_s if invocation is not None else self.settings.init_limit_s
        if invocation is not None and not in_time:
            self._processes.drain()  # what the function printed comes first
            self._log(report.format_timeout(request_id, limit))
        text = report.describe_timeout(limit)
        return make_failure("Sandbox.Timedout", text, request_id, timed_out=True)

    def _describe_exit(self, request_id: str) -> Failure:
        process = self._exits[0]
        if self._out_of_memory or process.out_of_memory:
            self._out_of_memory = True
            return make_failure("Runtime.OutOfMemory", describe_exit(-signal.SIGKILL), request_id)
        status = process.exited.result()
        if process is self._runtime:
            return make_failure("Runtime.ExitError", describe_exit(status), request_id)
        text = f"extension {process.name} ended with status {status}"
        return make_failure("Extension.Crash", text, request_id)

    async def _reset(self, reason: str) -> None:
        """End all programs and forget them."""
        await self._shut_down(reason)
        self._processes.kill()
        await self._processes.wait()
        while self._watchers:
            await asyncio.wait(self._watchers)
        self._server.disconnect()
        self._processes.drain()
        self._processes.forget()
        self._runtime_api.reset()
        self._extensions_api.reset()
        self._exits.clear()
        self._runtime = None
        self._initialised = self._out_of_memory = False

    async def _shut_down(self, reason: str) -> None:
        """Ask runtime and extensions to end, and give them their time."""
        extensions = list(self._extensions_api.extensions.values())
        if not extensions:
            return
        external = any(each.external for each in extensions)
        limit = SHUTDOWN_S if external else _INTERNAL_SHUTDOWN_S
        started = time.monotonic()
        share = _SHARE_OF_THE_RUNTIME if external else 1.0
        if self._runtime is not None:
            self._runtime.signal(signal.SIGTERM)
            await asyncio.wait({self._runtime.exited}, timeout=limit * share)
        event = {
            "eventType": "SHUTDOWN",
            "shutdownReason": reason,
            "deadlineMs": int((time.time() + limit) * 1000),
        }
        self._extensions_api.send(event)
        if external:
            left = max(0.0, limit - (time.monotonic() - started))
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._processes.wait(), left)

    def _start(self, program: Program) -> Process:
        process = self._processes.start(program)

        async def watch() -> None:
            await process.exited
            await self._server.settle()  # what it said before its end counts
            self._exits.append(process)
            self._changed.set()

        task = asyncio.get_running_loop().create_task(watch())
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)
        return process

    async def _wait_until(self, condition: Callable[[], bool], deadline: float) -> bool:
        """Whether it became true before `deadline`, in monotonic seconds."""
        while not condition():
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), deadline - time.monotonic())
            except asyncio.TimeoutError:
                return condition()
        return True

    @contextlib.contextmanager
    def _watched_memory(self) -> Any:
        """Kill everything once it has more memory than the function's."""

        async def watch() -> None:
            while True:  # after a pause, so that short invocations cost nothing
                await asyncio.sleep(_MEMORY_INTERVAL_S)
                self._processes.measure_peak_mb()
                if self._processes.exceeds(self.settings.memory_mb):
                    break
            self._out_of_memory = True
            self._processes.kill()

        task = asyncio.get_running_loop().create_task(watch())
        try:
            yield
        finally:
            task.cancel()

    async def _handle(self, call: Call) -> Reply:
        if call.target.startswith(runtime_api.PREFIX):
            path = call.target.removeprefix(runtime_api.PREFIX)
            return await self._runtime_api.handle(call, path)
        if call.target.startswith(extensions_api.PREFIX):
            path = call.target.removeprefix(extensions_api.PREFIX)
            return await self._extensions_api.handle(call, path)
        if call.target.startswith(extensions_api.TELEMETRY_PREFIXES):
            text = "Telemetry API is not supported"  # as AWS's own emulator answers
            reply = runtime_api.make_error_reply(202, "Telemetry.NotSupported", text)
            await call.discard_body()
            return reply
        return Reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})

    def _describe(self) -> dict[str, str]:
        return {
            "functionName": self.settings.name,
            "functionVersion": VERSION,
            "handler": self.settings.function.handler,
            "accountId": ACCOUNT,
        }

    def _log(self, text: str) -> None:
        self._take_line(text.encode())

    def _take_line(self, line: bytes) -> None:
        if self.invocation is not None:
            self.invocation.log.append(line)
        self._observer.log_line(self, line)

    def _set_state(self, state: State) -> None:
        self.state = state
        self._observer.environment_changed(self)


def _find_extensions(folder: Path) -> list[Path]:
    """The programs in the folder of extensions, by name."""
    if not folder.is_dir():
        return []
    found = sorted(folder.iterdir())
    return [path for path in found if path.is_file() and os.access(path, os.X_OK)]
