"""AWS's official emulator (RIE) as a process around a function, without Docker."""

from __future__ import annotations

import os
import platform
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from rie.console import get_stderr_fd
from rie.errors import UserError
from rie.function import Function
from rie.images.emulator_download import install
from rie.local.client import InvocationResult, NoAnswerError, invoke
from rie.local.environment import process_environment
from rie.local.process_tree import members_of_session, send_signal
from rie.paths import ROOT

HOST = "127.0.0.1"
START_LIMIT_S = 10.0
STOP_LIMIT_S = 2.0


class OfficialRie:
    """A running RIE with one function, as a context manager.

    `command` is what the RIE starts as the runtime (default: the repository's own bootstrap);
    `logs` is an open file or descriptor that receives the emulator's and the function's output.
    """

    def __init__(
        self,
        function: Function,
        *,
        port: int = 0,
        memory_mb: int = 512,
        timeout_s: int = 60,
        variables: Mapping[str, str] | None = None,
        command: Sequence[str] = (str(ROOT / "bootstrap" / "bootstrap"),),
        logs: IO[bytes] | IO[str] | int | None = None,
    ) -> None:
        self.function = function
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._command = [*command, function.handler]
        self._environment = {
            **process_environment(function, memory_mb=memory_mb, timeout_s=timeout_s),
            **(variables or {}),
            "LAMBDA_TASK_ROOT": str(function.directory),
            "LAMBDA_RUNTIME_DIR": str(ROOT / "runtime"),
            "SUREFOOT_PYTHON": sys.executable,
        }
        self._logs = get_stderr_fd() if logs is None else logs
        self._process: subprocess.Popen[bytes] | None = None
        self._abandoned = False

    def __enter__(self) -> OfficialRie:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the RIE and return when it accepts connections. Raises UserError."""
        if platform.system() != "Linux":
            raise UserError(
                f"AWS's emulator is a Linux program; it does not run on {platform.system()}",
                "use a container engine: make image, then make run FUNCTION=echo",
            )
        if _listening(self.port):
            raise UserError(
                f"port {self.port} is taken by another program", "choose another: --port 8081"
            )
        addresses = ["--runtime-interface-emulator-address", f"{HOST}:{self.port}"]
        addresses += [
            "--runtime-api-address",
            f"{HOST}:{free_port(self.port)}",
            "--log-level",
            "warn",
        ]
        self._process = subprocess.Popen(
            [os.fspath(install()), *addresses, *self._command],
            cwd=self.function.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._logs,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that everything it starts can be found and ended
        )
        self._abandoned = False
        try:
            self._await_port(self._process)
        except BaseException:
            self.stop()
            raise

    def _await_port(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while not _listening(self.port):
            try:  # waiting for its end is the pause between two looks
                status = process.wait(timeout=0.005)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                status = None
            raise UserError(
                f"the emulator did not start on port {self.port}"
                + ("" if status is None else f": it ended with status {status}"),
                "read its output above",
            )

    def wait(self) -> int:
        """Block until the emulator ends by itself; its exit status, negative for a signal."""
        if self._process is None:
            raise RuntimeError("the emulator was not started")
        return self._process.wait()

    def invoke(
        self,
        event: bytes,
        *,
        wait_s: float | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> InvocationResult:
        """Invoke the function in turn; see `rie.local.client.invoke` for units and errors.

        After a call that was given up, every other one is refused until the next start.
        """
        if self._abandoned:
            raise NoAnswerError(
                "an earlier caller gave up on this emulator; the next call would crash it",
                "stop it and start it again",
            )
        try:
            return invoke(self.url, event, wait_s=wait_s, on_wait=on_wait)
        except (NoAnswerError, KeyboardInterrupt):
            self._abandoned = True
            raise

    def stop(self) -> None:
        """End the emulator and everything it started. Safe to call again."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()  # the RIE kills its runtime first
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # A crashed RIE leaves its runtime behind.
        send_signal(members_of_session(process.pid), signal.SIGKILL)


def free_port(unlike: int = 0) -> int:
    """Find a port that is free now, other than `unlike`."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port if port != unlike else free_port(unlike)


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


END_OF_INVOCATION = "REPORT RequestId: "


class LogTail:
    """A pipe to pass as an emulator's `logs`; a thread reads it so that no writer ever blocks."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> LogTail:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.write_end)
        self._reader.join()

    def invocation(self, limit_s: float = 5.0) -> list[str]:
        """The lines up to the next REPORT line, or those of `limit_s` seconds of silence."""
        lines: list[str] = []
        while not (lines and lines[-1].startswith(END_OF_INVOCATION)):
            try:
                line = self._lines.get(timeout=limit_s)
            except queue.Empty:
                break
            if line is None:
                break
            lines.append(line)
        return lines

    def _read(self) -> None:
        with os.fdopen(self._read_end, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)
