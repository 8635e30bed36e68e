"""One run of the function: its process, watched from the start to the end of one invocation."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..console import UserError
from .launch import Launch
from .procfs import Reads, mapped_files, reads
from .server import Failure, Server

# How long to sit still at most before looking whether the process still lives.
_TICK_S = 0.2


@dataclass
class Run:
    """What one run showed; times are nanoseconds of the monotonic clock."""

    spawn_ns: int = 0
    next_ns: int = 0
    sent_ns: int = 0
    first_byte_ns: int = 0
    end_ns: int = 0
    failure: Failure | None = None
    stdout: bytes = b""
    stderr: list[tuple[int, bytes]] = field(default_factory=list)
    probe: bytes = b""
    answer: bytes = b""
    reads_at_next: Reads | None = None
    reads_at_end: Reads | None = None
    mapped: dict[str, int] = field(default_factory=dict)

    @property
    def total_ns(self) -> int:
        """From the start of the process to the end of the answer."""
        return self.next_ns - self.spawn_ns + self.end_ns - self.sent_ns


class _Pipe:
    """One of the process's outputs: lines and when each was complete."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.lines: list[tuple[int, bytes]] = []
        self._rest = b""

    def read(self) -> bool:
        """Take what there is; False at the end."""
        now_ns = time.monotonic_ns()
        data = os.read(self.reading, 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.lines += [(now_ns, line + b"\n") for line in lines]
        if not data and self._rest:
            self.lines.append((now_ns, self._rest))
            self._rest = b""
        return bool(data)

    def drain(self) -> None:
        """Take the rest of what a process that is dead has written, though others hold the pipe."""
        os.set_blocking(self.reading, False)
        with contextlib.suppress(BlockingIOError):
            while self.read():
                pass
        if self._rest:
            self.lines.append((time.monotonic_ns(), self._rest))
            self._rest = b""

    @property
    def data(self) -> bytes:
        """All that was read."""
        return b"".join(line for _, line in self.lines)


def run(launch: Launch, event: bytes, timeout_s: float, *, probed: bool = False) -> Run:
    """Start the function, let it answer one invocation, end it.

    :param timeout_s: how long init and the invocation may take together
    :param probed: with the probe, for details; else with the imports' times on stderr
    :raises UserError: the process cannot be started
    """
    result = Run()
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        server = Server(event, timeout_s, selector)
        stack.callback(server.close)
        stdout, stderr, probe = pipes = (_Pipe(), _Pipe(), _Pipe())
        for pipe in pipes:
            stack.callback(os.close, pipe.reading)
            selector.register(pipe.reading, selectors.EVENT_READ, _reader(selector, pipe))
        command = launch.probed(probe.writing, server.port) if probed else launch.command
        result.spawn_ns = time.monotonic_ns()
        try:
            process = subprocess.Popen(
                command,
                cwd=launch.task_root,
                env=launch.variables(server.address, importtime=not probed),
                stdin=subprocess.DEVNULL,
                stdout=stdout.writing,
                stderr=stderr.writing,
                pass_fds=[probe.writing] if probed else [],
                start_new_session=True,
            )
        except OSError as error:
            raise UserError(
                f"the runtime cannot be started in {launch.task_root} ({error})",
                "name an existing directory in LAMBDA_TASK_ROOT, or start the command in it",
            ) from error
        finally:
            for pipe in pipes:
                os.close(pipe.writing)
        try:
            _serve(process, server, selector, result, time.monotonic() + timeout_s)
            alive = process.poll() is None
            if probed and alive:
                result.mapped = mapped_files(process.pid)
        finally:
            # As Lambda ends a function: all that it started, and at once.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in pipes:
            pipe.drain()
        result.failure = server.failure or _death(process, server, alive, timeout_s)
    result.next_ns, result.sent_ns = server.next_ns, server.sent_ns
    result.first_byte_ns, result.end_ns = server.first_byte_ns, server.end_ns
    result.answer = server.answer
    result.stdout, result.stderr, result.probe = stdout.data, stderr.lines, probe.data
    return result


def _reader(selector: selectors.BaseSelector, pipe: _Pipe) -> Callable[[], None]:
    def read() -> None:
        if not pipe.read():
            selector.unregister(pipe.reading)

    return read


def _serve(
    process: subprocess.Popen[bytes],
    server: Server,
    selector: selectors.BaseSelector,
    result: Run,
    deadline: float,
) -> None:
    """Pass on bytes until the process waits for a second invocation, dies or takes too long."""
    while not server.parked and time.monotonic() < deadline:
        ready = selector.select(_TICK_S)
        for key, _ in ready:
            key.data()
        if server.waiting is not None:
            # It waits for us: looking costs it nothing.
            result.reads_at_next = reads(process.pid)
            server.hand_out()
        if not ready and process.poll() is not None:
            return
    result.reads_at_end = reads(process.pid)


def _death(
    process: subprocess.Popen[bytes], server: Server, killed: bool, timeout_s: float
) -> Failure | None:
    """Return why there is no answer, if there is none."""
    if server.end_ns:
        return None
    phase = "invocation" if server.sent_ns else "init"
    code = process.returncode
    if killed:
        return Failure(
            phase,
            "NoAnswer",
            f"no answer within {timeout_s:g} s. A longer time is given by --timeout",
        )
    how = f"signal {-code}" if code < 0 else f"exit status {code}"
    return Failure(phase, "ProcessEnded", f"the process ended ({how}) without an answer")
