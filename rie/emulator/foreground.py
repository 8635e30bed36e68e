"""The emulator in the foreground, until Ctrl-C: what `rie run` starts."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field

from rie.console import get_stderr_fd, print_progress
from rie.emulator.api.app import make_app
from rie.emulator.async_queue import AsyncSettings
from rie.emulator.emulator import ONLY, Emulator, HostedFunction
from rie.emulator.journal import Journal
from rie.emulator.server import serving
from rie.emulator.settings import FunctionSettings


@dataclass(frozen=True)
class ServerSettings:
    """Where and how functions are served."""

    port: int
    asynchronous: AsyncSettings = field(default_factory=AsyncSettings)


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
    async with serving(emulator, make_app(emulator), server.port):
        _announce(functions, server.port)
        await stopping.wait()
    print_progress("Stopped.")


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
