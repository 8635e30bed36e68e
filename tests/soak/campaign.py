"""Runs a scene: starts the runtime, serves it, and starts it again where it ended."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rie.compare.process_group import ProcessGroup
from tests.soak.account import Account, usage
from tests.soak.load import Invocation, Scene
from tests.soak.server import Server
from tests.support.process import RUNTIME, lambda_environment

BOOTSTRAP = str(RUNTIME.parent / "bootstrap" / "bootstrap")
HERE = Path(__file__).parent
PATIENCE_S = 60.0
"""Without a byte after which an invocation counts as lost; longer than any kind of ours takes."""
# Until then a process has met each kind and grown to its size.
WARM_UP = 0.1
LONG_WARM_UP = 5_000
MAX_RESTARTS = 100
# How much resident memory may grow after the warm-up; a short one does not meet every kind. Some
# growth is Python's: subprocess.run() leaves a quarter of a KiB in the heap each time, without any
# runtime around it (CPython 3.11, glibc 2.36).
SETTLED, UNSETTLED = 0.05, 0.3


def run(
    scene: Scene,
    count: int,
    seed: int,
    task: Path,
    command: Sequence[str] = (BOOTSTRAP,),
    patience: float = PATIENCE_S,
) -> Account:
    """Run a scene of `count` invocations in the folder `task`; `command` starts the runtime."""
    for name in ("function.py", "script.sh"):
        shutil.copy(HERE / name, task)
    warm = int(count * WARM_UP)
    account = Account(tolerance=SETTLED if warm >= LONG_WARM_UP else UNSETTLED)
    source = scene.invocations(count, seed)
    with Server(account) as server, _Runtime(scene, task, server.address, command) as runtime:
        _serve(server, runtime, itertools.islice(source, warm), scene.places, patience)
        started, account.start = runtime.pid, usage(runtime.pid)
        _serve(server, runtime, source, scene.places, patience)
        account.end = usage(runtime.pid)
        if runtime.pid != started:
            account.start = account.end  # another process: `ended` tells of it
    return account


def _serve(
    server: Server, runtime: _Runtime, source: Iterator[Invocation], places: int, patience: float
) -> None:
    """Deliver these and wait for their answers; on return the runtime waits in next."""
    server.owner = runtime.pid
    server.feed(source)

    def finished() -> bool:
        return runtime.has_ended() or (not server.open and server.parked >= places)

    while not server.serve(finished, patience) or runtime.has_ended():
        server.give_up()
        server.account.ended += 1
        server.account.note(f"the process {'ended' if runtime.has_ended() else 'hangs'}")
        if server.account.ended >= 2 * MAX_RESTARTS:
            raise RuntimeError(f"the runtime does not start: {server.account.notes}")
        if server.account.ended >= MAX_RESTARTS:
            server.account.notes.append(f"given up after {MAX_RESTARTS} processes")
            source = iter(())
            server.feed(source)
        server.hang_up()
        runtime.restart()
        server.owner = runtime.pid


class _Runtime(ProcessGroup):
    """The runtime's process."""

    def __init__(self, scene: Scene, task: Path, address: str, command: Sequence[str]) -> None:
        environment = lambda_environment(address, task)
        del environment["PYTHONPATH"]
        environment |= {"SUREFOOT_PYTHON": sys.executable, "LAMBDA_RUNTIME_DIR": str(RUNTIME)}
        self._file = (task / "output").open("wb")
        super().__init__(
            [*command, scene.handler],
            {**environment, **scene.environment},
            task,
            self._file,
            self._file,
        )

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self._file.close()

    def has_ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def restart(self) -> None:
        """End what is left of it and start it again, as Lambda does."""
        self.kill()
        self.start()
