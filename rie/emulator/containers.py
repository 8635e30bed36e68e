"""A runtime in a container with Lambda's limits, in place of a process of this machine.

The container shares this machine's network, where the Runtime API is. Its output comes through a
FIFO and not through the engine's log: that arrives later than the answer, and replaces bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.console import print_progress
from rie.images.engine import connect
from rie.local.process_tree import find_descendants
from rie.local.sandbox import lambda_limits, make_accounts_mount

if TYPE_CHECKING:
    from docker.models.containers import Container

    from rie.emulator.processes import Program

LOG = "/var/log/surefoot.fifo"  # in the container; its root is read-only, this file is not
# Lambda sets no HOSTNAME, and its /tmp is the user's alone; runc gives it the mode of the image's.
AS_ON_LAMBDA = "unset HOSTNAME; chmod 700 /tmp"
_REDIRECT = f'{AS_ON_LAMBDA}; exec "$@" >{LOG} 2>&1'
_NOT_STARTED = 125  # what `docker run` returns where the engine refuses


class ContainerProcess:
    """A started container; see ProgramProcess for what is common to both.

    Calls of the engine take up to a tenth of a second: each container has a thread that makes them
    in order. An invocation that arrives before a container goes on is served when it does.
    """

    def __init__(self, program: Program, fifo: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self.name = program.name
        self.exited: asyncio.Future[int] = self._loop.create_future()
        self.pid: int | None = None
        self.out_of_memory = False
        self._killed = False
        self._began = time.time()
        self._container: Container | None = None
        self._client = connect()
        self._calls = ThreadPoolExecutor(1)
        self._waiter = ThreadPoolExecutor(1)
        self._calls.submit(self._start, program, fifo)

    @property
    def alive(self) -> bool:
        """Whether it has not ended as far as is known."""
        return not self.exited.done()

    @property
    def pids(self) -> list[int]:
        """Its processes as this machine sees them, once the first is known."""
        return find_descendants(self.pid) if self.pid and self.alive else []

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its first process."""
        self._submit(lambda container: container.kill(number.name))

    def freeze(self) -> None:
        """Nothing of it runs until `thaw`."""
        self._submit(lambda container: container.pause())

    def thaw(self) -> None:
        """Let it run again."""
        self._submit(lambda container: container.unpause())

    def kill(self) -> None:
        """End it and remove it."""
        self._submit(lambda container: container.unpause())
        self._killed = True
        self._submit(lambda container: container.kill())

    def _submit(self, action: Callable[[Container], Any]) -> None:
        from docker.errors import APIError

        def call() -> None:
            # It may have ended, be paused already, or never have started.
            with contextlib.suppress(APIError):
                if self._container is not None:
                    action(self._container)

        if self.alive:
            self._calls.submit(call)

    def _start(self, program: Program, fifo: Path) -> None:
        from docker.errors import DockerException

        try:
            options = self._make_options(program, fifo)
            self._container = self._client.containers.create(**options)
            self._container.start()
            self._container.reload()
            self.pid = int(self._container.attrs["State"]["Pid"])
        except DockerException as error:
            print_progress(f"The engine did not start {program.image}: {error}")
            self._finish(_NOT_STARTED)
        else:
            self._waiter.submit(self._wait, self._container)

    def _wait(self, container: Container) -> None:
        from docker.errors import DockerException

        status = _NOT_STARTED
        with contextlib.suppress(DockerException):
            status = int(container.wait()["StatusCode"])
            container.reload()
            self.out_of_memory = self._ran_out_of_memory(container, status)
        self._finish(-(status - 128) if status > 128 else status)

    def _ran_out_of_memory(self, container: Container, status: int) -> bool:
        """Whether the kernel killed it for its memory.

        The engine's flag is false if the news of it came after the end; the event is there then.
        """
        if container.attrs["State"]["OOMKilled"]:
            return True
        if status != 128 + signal.SIGKILL or self._killed:
            return False
        events = self._client.events(
            since=int(self._began),
            until=int(time.time()) + 1,
            filters={"container": container.id, "event": "oom"},
            decode=True,
        )
        return next(iter(events), None) is not None

    def _finish(self, status: int) -> None:
        from docker.errors import DockerException

        with contextlib.suppress(DockerException):
            if self._container is not None:
                self._container.remove(force=True, v=True)
        self._client.close()
        self._loop.call_soon_threadsafe(self._end, status)
        self._calls.shutdown(wait=False)
        self._waiter.shutdown(wait=False)

    def _end(self, status: int) -> None:
        """On the event loop: nothing of it is left."""
        self.exited.set_result(status)

    def _make_options(self, program: Program, fifo: Path) -> dict[str, Any]:
        from docker.types import Mount

        config = self._client.images.get(program.image).attrs["Config"]
        entrypoint = list(program.entrypoint) or config.get("Entrypoint") or []
        command = list(program.command) or ([] if program.entrypoint else config.get("Cmd") or [])
        return {
            **lambda_limits(program.memory_mb, host_cpus=int(self._client.info()["NCPU"])),
            "image": program.image,
            "entrypoint": ["/bin/sh", "-c", _REDIRECT, "sh", *entrypoint],
            "command": command,
            "environment": dict(program.environment),
            "labels": {"dev.surefoot.emulator": program.name},
            "network_mode": "host",
            "mounts": [
                Mount(LOG, str(fifo), type="bind"),
                make_accounts_mount(),
                *(
                    Mount(target, str(source), type="bind", read_only=True)
                    for target, source in program.mounts.items()
                ),
            ],
        }
