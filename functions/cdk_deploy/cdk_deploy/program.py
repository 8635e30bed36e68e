"""Run a program, log its lines while it runs, and end it in time."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 3.0  # between SIGTERM and SIGKILL
MAX_LINES = 2000
_MAX_LINE = 16 * 1024
_CHUNK = 64 * 1024
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class ProcessResult:
    """How a program ended. `status` is negative for a signal; `lines` are its last ones."""

    status: int
    lines: Sequence[str]
    timed_out: bool  # ended by us, because its time was up
    dropped: int = 0  # earlier lines, which were logged only


def run(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    limit_s: float,
    log: Callable[[str], None],
    mask: Callable[[str], str] = str,
) -> ProcessResult:
    """Run `command` for at most `limit_s` seconds; `log` gets each line of stdout and stderr,
    after `mask`, in order.

    No shell is involved. When the time is up, the program and what it started get SIGTERM, and
    SIGKILL three seconds later; the same if `log` raises. Raises OSError if it cannot be started.
    """
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # one process group, which can be ended as a whole
    )
    assert process.stdout is not None  # noqa: S101 (for the type checker: it is a pipe)
    lines = _Lines(log, mask)
    try:
        with process.stdout as pipe:
            timed_out = _follow(process, pipe.fileno(), lines, time.monotonic() + limit_s)
    finally:
        # Whatever is left of the group. Before wait(): until then the leader's process number,
        # which is the group's, cannot be reused.
        _signal(process.pid, signal.SIGKILL)
        process.wait()
    return ProcessResult(
        process.returncode, list(lines.last), timed_out, lines.count - len(lines.last)
    )


def _follow(process: subprocess.Popen[bytes], pipe: int, lines: _Lines, deadline: float) -> bool:
    """Read until the program ends, not until the pipe is closed: a daemon may hold it open."""
    os.set_blocking(pipe, False)
    end = os.pidfd_open(process.pid)
    timed_out = False
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            selector.register(end, selectors.EVENT_READ)
            while True:
                ready = {
                    key.fd for key, _ in selector.select(max(0.0, deadline - time.monotonic()))
                }
                if pipe in ready and not _read(pipe, lines):
                    selector.unregister(pipe)
                if end in ready:
                    while _read(pipe, lines):
                        pass
                    lines.close()
                    return timed_out
                if time.monotonic() >= deadline:
                    _signal(process.pid, signal.SIGKILL if timed_out else signal.SIGTERM)
                    deadline = time.monotonic() + GRACE_S
                    timed_out = True
    finally:
        os.close(end)


def _read(pipe: int, lines: _Lines) -> bool:
    """Read what is there; False if there is nothing."""
    try:
        chunk = os.read(pipe, _CHUNK)
    except BlockingIOError:
        return False
    lines.feed(chunk)
    return bool(chunk)


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


class _Lines:
    """Splits bytes into lines; a line that is too long is cut."""

    def __init__(self, log: Callable[[str], None], mask: Callable[[str], str]) -> None:
        self.last: deque[str] = deque(maxlen=MAX_LINES)
        self._log = log
        self._mask = mask
        self._rest = b""
        self.count = 0

    def feed(self, chunk: bytes) -> None:
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            self._line(line)
        while len(self._rest) > _MAX_LINE:
            self._line(self._rest[:_MAX_LINE])
            self._rest = self._rest[_MAX_LINE:]

    def close(self) -> None:
        if self._rest:
            self._line(self._rest)
            self._rest = b""

    def _line(self, raw: bytes) -> None:
        line = self._mask(_ESCAPES.sub("", raw.decode(errors="replace")).rstrip())
        self.last.append(line)
        self.count += 1
        if line:
            self._log(line)
