"""The processes of one execution environment: the runtime, and external extensions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rie.local.process_tree import (
    find_descendants,
    is_dying,
    measure_peak_kb,
    measure_proportional_kb,
    measure_resident_kb,
    members_of_session,
    send_signal,
)

if TYPE_CHECKING:
    from rie.emulator.shared_container import SharedContainer

_READ_BYTES = 1 << 16


@dataclass(frozen=True)
class Program:
    """What to start: the runtime, or an extension.

    With an `image` it is a container of that image, with `memory_mb`; `command` are its arguments,
    or with `entrypoint` that and nothing of the image's own. `mounts` are folders of this machine
    by their path in the container, which may not write to them. `extensions` are programs of the
    container that start before it.
    """

    name: str
    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    image: str = ""
    memory_mb: int = 0
    entrypoint: Sequence[str] = ()
    mounts: Mapping[str, Path] = field(default_factory=dict)
    extensions: Sequence[str] = ()


class Running(Protocol):
    """A program that was started. `exited` is its status, negative for a signal."""

    name: str
    exited: asyncio.Future[int]
    out_of_memory: bool

    @property
    def pid(self) -> int | None:
        """Its process id on this machine, once it is known."""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""


class Process(Running, Protocol):
    """A program that is frozen, measured and ended by itself, with everything that it started."""

    @property
    def alive(self) -> bool:
        """Whether it runs; `exited` may lag behind."""

    @property
    def pids(self) -> list[int]:
        """Its processes on this machine, for measuring."""

    def freeze(self) -> None:
        """Nothing of it runs until `thaw`."""

    def thaw(self) -> None:
        """Let it run again."""

    def kill(self) -> None:
        """End it and everything it started, also after its own end."""


class ProgramProcess:
    """A process of this machine."""

    def __init__(self, program: Program, output: int) -> None:
        loop = asyncio.get_running_loop()
        self.name = program.name
        self.exited: asyncio.Future[int] = loop.create_future()
        self._process = subprocess.Popen(
            list(program.command),
            cwd=program.directory,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # so that everything it starts can be found and ended
        )
        self.pid = self._process.pid
        self.out_of_memory = False
        self._killed = False
        self._frozen: list[int] = []
        self._pidfd = os.pidfd_open(self.pid)
        loop.add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self.exited.set_result(self._process.wait())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        if not self.exited.done():
            self._process.send_signal(number)

    @property
    def alive(self) -> bool:
        """Whether it runs at this moment; `exited` may lag behind."""
        return self._process.poll() is None and not is_dying(self.pid)

    @property
    def pids(self) -> list[int]:
        """The process and all its descendants."""
        return [] if self.exited.done() else find_descendants(self.pid)

    def freeze(self) -> None:
        """Stop it and its descendants: no thread of theirs runs."""
        self._frozen = self.pids
        send_signal(self._frozen, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them run again."""
        send_signal(self._frozen, signal.SIGCONT)
        self._frozen = []

    def kill(self) -> None:
        """SIGKILL to it and everything it started, also after its own end."""
        if self._killed:
            return  # its id may be another program's by now
        members = set(members_of_session(self.pid))
        if self._process.poll() is None:
            members.update(find_descendants(self.pid))
        send_signal(members, signal.SIGKILL)
        self._killed = self._process.poll() is not None


class ProcessGroup:
    """The programs of an environment, together: started, frozen, measured, ended."""

    def __init__(self, on_line: Callable[[bytes], None]) -> None:
        self._output = OutputReader(on_line)
        self._processes: list[Process] = []
        self._peak_kb = 0

    def start(self, program: Program) -> Process:
        """Start a program. Raises OSError; an engine's refusal is the end of a container."""
        process: Process
        if program.image:
            from rie.emulator.containers import ContainerProcess

            process = ContainerProcess(program, self._output.path)
        else:
            process = ProgramProcess(program, self._output.write_end)
        self._processes.append(process)
        return process

    def start_shared(self, program: Program) -> SharedContainer:
        """Start the container of a program with extensions; the program itself waits."""
        from rie.emulator.shared_container import SharedContainer

        container = SharedContainer(program, self._output.path)
        self._processes.append(container)
        return container

    @property
    def alive(self) -> bool:
        """Whether all programs run; frozen ones do."""
        return bool(self._processes) and all(each.alive for each in self._processes)

    def freeze(self) -> None:
        """Stop everything, children included, until `thaw`."""
        for process in self._processes:
            process.freeze()

    def thaw(self) -> None:
        """Let everything run again."""
        for process in self._processes:
            process.thaw()

    def measure_peak_mb(self) -> int:
        """The most memory that all of them had, in MiB; what has ended counts while it is known."""
        self._peak_kb = max(self._peak_kb, measure_peak_kb(self._find_all()))
        return -(-self._peak_kb // 1024)

    def exceeds(self, memory_mb: int) -> bool:
        """Whether all of them have more memory now than that, in MiB."""
        pids = self._find_all()
        limit = memory_mb * 1024
        # Shares are counted exactly only when the quick sum is over the limit.
        return measure_resident_kb(pids) > limit and measure_proportional_kb(pids) > limit

    def drain(self) -> None:
        """Take in what has been printed so far, an unfinished line included."""
        self._output.drain()

    def kill(self) -> None:
        """End everything at once."""
        for process in self._processes:
            process.kill()

    async def wait(self) -> None:
        """Return when every program has ended."""
        if self._processes:
            await asyncio.wait([each.exited for each in self._processes])

    def forget(self) -> None:
        """Begin again, after `kill` and `wait`; the output stays."""
        self._processes.clear()
        self._peak_kb = 0

    def close(self) -> None:
        """Close the output, after everything has ended."""
        self._output.close()

    def _find_all(self) -> list[int]:
        return [pid for each in self._processes for pid in each.pids]


class OutputReader:
    """A FIFO for stdout and stderr of all programs, cut into lines; `path` is where it is."""

    def __init__(self, on_line: Callable[[bytes], None]) -> None:
        self._on_line = on_line
        self._partial = b""
        self._folder = tempfile.TemporaryDirectory(prefix="surefoot-")
        self.path = Path(self._folder.name) / "output"
        os.mkfifo(self.path)
        self.path.chmod(0o666)  # containers have another user; the folder is ours alone
        self._read_end = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.write_end = os.open(self.path, os.O_WRONLY)
        asyncio.get_running_loop().add_reader(self._read_end, self._read)

    def drain(self) -> None:
        """Take in all that was written; what has no line end yet becomes a line."""
        while self._read():
            pass
        if self._partial:
            line, self._partial = self._partial, b""
            self._on_line(line)

    def close(self) -> None:
        """Take in the rest and close the pipe."""
        self.drain()
        asyncio.get_running_loop().remove_reader(self._read_end)
        os.close(self._read_end)
        os.close(self.write_end)
        self._folder.cleanup()

    def _read(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._read_end, _READ_BYTES)
            *lines, self._partial = (self._partial + data).split(b"\n")
            for line in lines:
                self._on_line(line)
            return True
        return False


def describe_exit(status: int) -> str:
    """How Lambda words the end of a runtime."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return f"Runtime exited with error: signal: {(signal.strsignal(-status) or '?').lower()}"
