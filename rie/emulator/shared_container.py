"""A container in which external extensions run next to the runtime, as on Lambda.

All of them share user, /tmp, memory and limits, and are frozen together. A shell is the first
process: it starts the extensions, waits for the word that they have registered, then runs the
runtime, and reports who ended. It starts the runtime in the foreground, because a shell has its
background programs ignore SIGINT.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import tarfile
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from rie.emulator.containers import AS_ON_LAMBDA, LOG, ContainerProcess
from rie.images.engine import connect

if TYPE_CHECKING:
    from rie.emulator.processes import Program

EXTENSIONS = "/opt/extensions"
_STATUS = "/var/log/surefoot-status.fifo"  # "NUMBER STATUS", or "pid PID" of the runtime
_WORD = "/var/log/surefoot-word.fifo"  # an empty line to go on; then "SIGNAL PID"
_RUNTIME = "runtime"
_SCRIPT = f"""
count=$1 number=0
shift
while [ "$number" -lt "$count" ]; do
  ("$1" >{LOG} 2>&1; echo "$number $?" >{_STATUS}) &
  number=$((number + 1))
  shift
done
read -r _ <{_WORD}
(while read -r signal pid <{_WORD}; do kill -s "$signal" "$pid"; done) &
signaller=$!
/bin/sh -c 'echo "pid $$" >{_STATUS}; exec "$0" "$@" >{LOG} 2>&1' "$@"
echo "{_RUNTIME} $?" >{_STATUS}
kill "$signaller"
wait
"""
_found: dict[str, list[str]] = {}  # the extensions of images, by the image's id


class ContainedProgram:
    """A program of a shared container; the container is frozen, measured and killed as a whole."""

    def __init__(self, name: str, container: SharedContainer) -> None:
        self.name = name
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.out_of_memory = False
        self._container = container

    @property
    def pid(self) -> int | None:
        """The process id of the container's first process on this machine."""
        return self._container.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone; extensions get none."""
        if not self.exited.done():
            self._container.signal(number)


class SharedContainer(ContainerProcess):
    """A container with a runtime and `extensions`; it ends when all of them have ended."""

    def __init__(self, program: Program, fifo: Path) -> None:
        names = [PurePosixPath(each).name for each in program.extensions]
        self.extensions = [ContainedProgram(name, self) for name in names]
        self.runtime = ContainedProgram(_RUNTIME, self)
        unique = uuid.uuid4().hex
        self._status = _Fifo(fifo.parent / f"{unique}.status")
        self._word = _Fifo(fifo.parent / f"{unique}.word")
        self._runtime_pid: int | None = None
        self._partial = b""
        asyncio.get_running_loop().add_reader(self._status.descriptor, self._read_status)
        super().__init__(program, fifo)

    def start_runtime(self) -> ContainedProgram:
        """Start the runtime: the extensions have registered."""
        self._word.write(b"\n")
        return self.runtime

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the runtime."""
        if self._runtime_pid is not None and self.alive:
            name = number.name.removeprefix("SIG")
            self._word.write(f"{name} {self._runtime_pid}\n".encode())

    def _make_options(self, program: Program, fifo: Path) -> dict[str, Any]:
        options = super()._make_options(program, fifo)
        shell, flag, _, name, *command = options["entrypoint"]
        first = [str(len(program.extensions)), *program.extensions]
        options["entrypoint"] = [shell, flag, AS_ON_LAMBDA + _SCRIPT, name, *first, *command]
        options["mounts"] += [
            _make_mount(_STATUS, self._status.path),
            _make_mount(_WORD, self._word.path),
        ]
        return options

    def _read_status(self) -> None:
        *lines, self._partial = (self._partial + self._status.read()).split(b"\n")
        for line in lines:
            subject, _, value = line.decode("ascii").partition(" ")
            if subject == "pid":
                self._runtime_pid = int(value)
                continue
            program = self.runtime if subject == _RUNTIME else self.extensions[int(subject)]
            self._end_program(program, int(value))

    def _end_program(self, program: ContainedProgram, status: int) -> None:
        if status != 128 + signal.SIGKILL or self._killed:
            _resolve(program, status)
            return

        async def ask() -> None:
            program.out_of_memory = await asyncio.to_thread(self._ask_for_memory, status)
            _resolve(program, status)

        self._asking = self._loop.create_task(ask())

    def _ask_for_memory(self, status: int) -> bool:
        from docker.errors import DockerException

        container = self._container
        with contextlib.suppress(DockerException):
            if container is not None:
                with contextlib.suppress(DockerException):  # it may be gone; its events are not
                    container.reload()
                return self._ran_out_of_memory(container, status)
        return False

    def _end(self, status: int) -> None:
        self._read_status()
        self._loop.remove_reader(self._status.descriptor)
        for program in (self.runtime, *self.extensions):
            _resolve(program, 128 - status if status < 0 else status)
        self._status.close()
        self._word.close()
        super()._end(status)


class _Fifo:
    """A FIFO that is always open at this end, so that no program waits to open it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        path.chmod(0o666)  # containers have another user; the folder is ours alone
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def read(self) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(self.descriptor, 1 << 16)
        return b""

    def write(self, data: bytes) -> None:
        os.write(self.descriptor, data)

    def close(self) -> None:
        os.close(self.descriptor)
        self.path.unlink(missing_ok=True)


def find_extensions(image: str) -> Sequence[str]:
    """The programs in the folder of extensions of an image, by name; read once for each image."""
    with contextlib.closing(connect()) as client:
        identity = str(client.images.get(image).id)
        if identity not in _found:
            _found[identity] = _read_extensions(client, identity)
        return _found[identity]


def _read_extensions(client: Any, image: str) -> list[str]:
    from docker.errors import NotFound

    labels = {"dev.surefoot.emulator": "extensions"}
    container = client.containers.create(  # never started
        image, entrypoint=["-"], command=[], labels=labels
    )
    try:
        chunks, _ = container.get_archive(EXTENSIONS)
        with tempfile.TemporaryFile() as file:
            file.writelines(chunks)
            file.seek(0)
            with tarfile.open(fileobj=file) as archive:
                return sorted(_select_programs(archive))
    except NotFound:
        return []
    finally:
        container.remove(v=True)


def _select_programs(archive: tarfile.TarFile) -> list[str]:
    programs = []
    for member in archive:
        folder, _, name = member.name.partition("/")
        runs = member.issym() or (member.isfile() and member.mode & stat.S_IXOTH)
        if folder and name and "/" not in name and runs:
            programs.append(f"{EXTENSIONS}/{name}")
    return programs


def _resolve(program: ContainedProgram, status: int) -> None:
    if not program.exited.done():
        program.exited.set_result(-(status - 128) if status > 128 else status)


def _make_mount(target: str, source: Path) -> Any:
    from docker.types import Mount

    return Mount(target, str(source), type="bind")
