"""An emulator in a thread of this process, for programs that call it: the demo, tests."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import IO

from rie.console import get_stderr_fd
from rie.emulator.api.app import make_app
from rie.emulator.async_queue import AsyncSettings
from rie.emulator.emulator import Emulator, HostedFunction
from rie.emulator.journal import Journal
from rie.emulator.server import serving
from rie.emulator.settings import FunctionSettings


def make_line_writer(log: int) -> Journal:
    """A journal that writes to a descriptor."""

    def write(line: bytes) -> None:
        os.write(log, line + b"\n")

    return Journal(write)


class BackgroundEmulator:
    """A running emulator, as a context manager; `url` is its base address.

    `logs` is an open file or descriptor that receives what the functions print and the reports.
    """

    def __init__(
        self,
        functions: Sequence[FunctionSettings],
        *,
        port: int = 0,
        logs: IO[bytes] | IO[str] | int | None = None,
        async_settings: AsyncSettings | None = None,
    ) -> None:
        self._functions = functions
        self._port = port
        self._log = _find_descriptor(logs)
        self._async_settings = async_settings
        self._started: Future[str] = Future()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.emulator: Emulator
        self.url = ""

    def __enter__(self) -> BackgroundEmulator:
        self._thread.start()
        self.url = self._started.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        journal = make_line_writer(self._log)
        hosted = [HostedFunction(each, journal, self._async_settings) for each in self._functions]
        self.emulator = Emulator(hosted, journal)
        async with serving(self.emulator, make_app(self.emulator), self._port) as url:
            self._started.set_result(url)
            await self._stopping.wait()


def _find_descriptor(logs: IO[bytes] | IO[str] | int | None) -> int:
    if logs is None:
        return get_stderr_fd()
    return logs if isinstance(logs, int) else logs.fileno()
