"""The emulator as a server: the users' side on a port, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from rie.emulator.emulator import Emulator
from rie.errors import UserError

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """Without signal handlers: the process that runs it has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def open_socket(port: int) -> socket.socket:
    """The listening socket, so that a port that is taken is known at once. Raises UserError."""
    # With the protocol: asyncio turns Nagle's algorithm off where it is named, else answers take
    # 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise UserError(
            f"port {port} is taken by another program", "choose another: --port 8081"
        ) from error
    return listener


@contextlib.asynccontextmanager
async def serving(emulator: Emulator, app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve until the block ends; its base address. Everything that was started ends then."""
    listener = open_socket(port)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        http="h11",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=1 << 20,
    )
    server = _Server(config)
    task = asyncio.get_running_loop().create_task(server.serve([listener]))
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        await emulator.stop()
        server.should_exit = True
        await task
        listener.close()
