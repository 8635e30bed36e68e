"""The emulator in the foreground, until Ctrl-C: what `rie run` starts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import traceback
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from rie.console import get_stderr_fd, print_error, print_progress
from rie.emulator.api.app import make_app
from rie.emulator.async_queue import AsyncSettings
from rie.emulator.emulator import ONLY, Emulator, HostedFunction
from rie.emulator.journal import Journal
from rie.emulator.server import serving
from rie.emulator.settings import FunctionSettings
from rie.emulator.watch import Snapshot, take_snapshot, watch
from rie.errors import UserError
from rie.function import Function

if TYPE_CHECKING:
    from rie.emulator.schedules import Schedule


@dataclass(frozen=True)
class ServerSettings:
    """Where and how functions are served.

    With a `clock_factor` schedules fire, that many seconds in one; the clock begins at
    `clock_begin`, or now. With `watch` environments are replaced when a file of theirs changes.
    """

    port: int
    asynchronous: AsyncSettings = field(default_factory=AsyncSettings)
    clock_factor: float | None = None
    clock_begin: datetime | None = None
    watch: bool = False


def run_until_interrupted(functions: Sequence[FunctionSettings], server: ServerSettings) -> None:
    """Serve functions until SIGINT or SIGTERM; nothing of theirs runs afterwards.

    Raises UserError where the port is taken.
    """
    asyncio.run(_serve(functions, server))


def make_journal() -> Journal:
    """One that writes to stderr as it is: what a function prints is shown byte for byte."""
    descriptor = get_stderr_fd()

    def write(line: bytes) -> None:
        os.write(descriptor, line + b"\n")

    return Journal(write)


async def _serve(functions: Sequence[FunctionSettings], server: ServerSettings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    journal = make_journal()
    hosted = [HostedFunction(each, journal, server.asynchronous) for each in functions]
    emulator = Emulator(hosted, journal)
    watched = hosted if server.watch else []
    # Before anything is announced: what the user changes from then on is a change.
    snapshots = [take_snapshot(each.settings.function.directory) for each in watched]
    async with serving(emulator, make_app(emulator), server.port):
        _announce(functions, server.port)
        schedules = _run_schedules(emulator, server)
        background = [start_background(schedules, "the schedules of the templates")]
        for each, before in zip(watched, snapshots, strict=True):
            restarting = _restart_on_change(each, before)
            background.append(start_background(restarting, f"--watch of {each.settings.name}"))
        await stopping.wait()
        for task in background:
            task.cancel()
    print_progress("Stopped.")


def start_background(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Start what runs beside the server; if it fails, that is shown at once and the server goes on.

    `name` is what an error calls it.
    """
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(lambda ended: _show_failure(ended, name))
    return task


def _show_failure(task: asyncio.Task[None], name: str) -> None:
    if task.cancelled() or (error := task.exception()) is None:
        return
    remedy = "start it again; if it ends again, report this with the lines below"
    print_error(UserError(f"{name} ended: {type(error).__name__}: {error}", remedy))
    traceback.print_exception(error)


async def _restart_on_change(function: HostedFunction, before: Snapshot) -> None:
    async def restart(changes: list[str]) -> None:
        shown = ", ".join(changes[:3]) + (" …" if len(changes) > 3 else "")
        print_progress(f"{shown} changed: {function.settings.name} starts again.")
        if function.settings.image and not function.settings.zipped:
            try:
                await asyncio.to_thread(_build_again, function.settings.function)
            except UserError as error:
                print_error(error)
                return
        function.pool.restart()

    await watch(function.settings.function.directory, before, restart)


def _build_again(function: Function) -> None:
    from rie.images.engine import connect
    from rie.images.image import build_function

    with contextlib.closing(connect()) as client:
        build_function(client, function)


async def _run_schedules(emulator: Emulator, server: ServerSettings) -> None:
    """Read the templates, in the background since that takes a second; then run the clock."""
    begin = server.clock_begin or datetime.now(timezone.utc)
    try:
        schedules = await asyncio.to_thread(
            _read_schedules, list(emulator.functions.values()), begin
        )
    except UserError as error:
        print_error(error)
        return
    emulator.set_schedules(schedules)
    if server.clock_factor is None:
        return
    from rie.emulator.schedule_clock import ScheduleClock

    def fire(schedule: Schedule, moment: datetime) -> None:
        print_progress(f"{schedule.name} fires: it is {moment.isoformat()}")
        emulator.fire(schedule, moment)

    await ScheduleClock(schedules, fire, begin=begin, factor=server.clock_factor).run()


def _read_schedules(functions: list[HostedFunction], begin: datetime) -> list[Schedule]:
    from rie.emulator.template_schedules import read_schedules

    found = []
    for each in functions:
        found += read_schedules(each.settings.function.directory, each.settings.name, begin)
    for schedule in found:
        schedule.find_next(begin, 1)  # so that a wrong expression is reported now
    return found


def _announce(functions: Sequence[FunctionSettings], port: int) -> None:
    for each in functions:
        name = ONLY if len(functions) == 1 else each.name
        print_progress(f"{each.name} is ready ({each.function.handler}). Now type:")
        print_progress(f"  curl -XPOST {make_invoke_url(port, name)} -d '{{}}'")
    print_progress(f"Console: http://localhost:{port}/")
    print_progress("Ctrl-C ends it.")


def make_invoke_url(port: int, name: str) -> str:
    """Where to post events for a function."""
    return f"http://localhost:{port}/2015-03-31/functions/{name}/invocations"
