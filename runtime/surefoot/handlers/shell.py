"""``function.sh`` handlers: the file is sourced once, its function called for each event.

Bash keeps running between invocations, as Lambda's functions do: what the file does at its top
happens once. Each call gets the event as ``$1`` inside one bash process, where the kernel's limit
of 128 KiB for an argument does not apply. Event and answer travel through unlinked files in /tmp,
because bash reads a pipe byte by byte.
"""

import os
import select
import subprocess
import sys
import tempfile

from ..errors import HANDLER_NOT_FOUND, IMPORT_MODULE_ERROR, SHELL_ERROR, Fault
from .shellserver import NO_FUNCTION, READY, SERVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

    from ..context import LambdaContext

# How much of stderr an error report repeats.
_TAIL = 4096


class ShellFunction:
    """A shell function, called with an event's bytes, returning what it printed.

    :raises Fault: Runtime.ImportModuleError, the file failed while it was sourced;
        Runtime.HandlerNotFound, it defines no such function
    """

    # The event is handed over as it came, not as a Python object.
    takes_bytes = True

    def __init__(self, script: str, function: str) -> None:
        self.script = script
        self.function = function
        self._process: subprocess.Popen[bytes] | None = None
        self._start()

    def __call__(self, event: bytes, context: "LambdaContext") -> bytes:
        """Call the function.

        :raises Fault: Function.ShellError, it exited with another status than 0; the message ends
            with the tail of its stderr
        """
        if b"\0" in event:
            raise Fault(SHELL_ERROR, "the event contains a NUL byte, which no shell can hold.")
        if self._process is None:
            self._start()
        self._event.seek(0)
        self._event.truncate()
        # The mark keeps line ends at the event's end, which $(<file) would drop.
        self._event.write(event + b".")
        self._event.flush()
        trace = os.environ.get("_X_AMZN_TRACE_ID", "")
        deadline = str(context._epoch_deadline_time_in_ms)  # noqa: SLF001  (awslambdaric's name)
        fields = (context.aws_request_id, deadline, trace)
        self._send("\t".join(field.replace("\n", " ") or "-" for field in fields) + "\n")
        status, tail = self._await()
        if status is None:
            raise self._failure(f"ended bash itself (exit status {self._reap()})", tail)
        if status != "0":
            raise self._failure(f"exited with status {status}", tail)
        self._answer.seek(0)
        return self._answer.read()

    def close(self) -> None:
        """End bash, which waits for the next event."""
        self._reap()

    def _start(self) -> None:
        self._event = _unlinked()
        self._answer = _unlinked()
        asks, self._requests = os.pipe()
        self._replies, tells = os.pipe()
        fds = (self._event.fileno(), self._answer.fileno(), asks, tells)
        try:
            self._process = subprocess.Popen(
                ["bash", "-c", SERVER, "bash", self.script, self.function, *map(str, fds)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=fds,
            )
        except OSError as error:
            raise Fault(
                IMPORT_MODULE_ERROR,
                f"Unable to source '{self.script}': bash cannot be started ({error}). "
                "Shell handlers need bash in the image.",
            ) from None
        finally:
            os.close(asks)
            os.close(tells)
        self._outputs = tuple(
            stream.fileno() for stream in (self._process.stderr, self._process.stdout) if stream
        )
        first, tail = self._await()
        if first == READY:
            return
        if first == NO_FUNCTION:
            self._reap()
            name = os.path.basename(self.script).removesuffix(".sh")
            raise Fault(HANDLER_NOT_FOUND, f"Handler '{self.function}' missing on module '{name}'")
        what = f"Unable to source '{self.script}': it ended with exit status {self._reap()}"
        raise Fault(IMPORT_MODULE_ERROR, _with_tail(what, tail))

    def _send(self, line: str) -> None:
        try:
            os.write(self._requests, line.encode("utf-8", "surrogateescape"))
        except BrokenPipeError:
            # Bash died between invocations; _await() finds that out and says so.
            return

    def _await(self) -> tuple[str | None, bytes]:
        """Pass output on until bash reports; return the report (None: it died), stderr's tail."""
        stderr, stdout = self._outputs
        poll = select.poll()
        for descriptor in (stderr, stdout, self._replies):
            poll.register(descriptor, select.POLLIN)
        tail = b""
        report = b""
        while True:
            ready = dict(poll.poll())
            if stderr in ready:
                data = _pass_on(stderr)
                tail = (tail + data)[-_TAIL:]
                if not data:
                    poll.unregister(stderr)
            if stdout in ready and not _pass_on(stdout):
                poll.unregister(stdout)
            # The report is read last: everything printed before it is in the pipes by then.
            if self._replies in ready and stderr not in ready and stdout not in ready:
                data = os.read(self._replies, 64)
                report += data
                if not data:
                    return None, tail
                if report.endswith(b"\n"):
                    return report.decode("ascii").strip(), tail

    def _reap(self) -> int:
        """Return the exit status of a bash that is ending, and forget it."""
        process, self._process = self._process, None
        if process is None:
            return 0
        os.close(self._requests)
        os.close(self._replies)
        self._event.close()
        self._answer.close()
        status = process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        return status if status >= 0 else 128 - status

    def _failure(self, what: str, tail: bytes) -> Fault:
        return Fault(
            SHELL_ERROR,
            _with_tail(f"{self.function} in {os.path.basename(self.script)} {what}", tail),
        )


def find(task_root: str, module: str) -> str | None:
    """Return the path of the shell file that stands for a module name, if there is one."""
    path = os.path.join(task_root, f"{module}.sh")
    return path if os.path.isfile(path) else None


def _unlinked() -> "IO[bytes]":
    return tempfile.TemporaryFile(prefix="surefoot-")


def _pass_on(descriptor: int) -> bytes:
    """Copy what there is to our own stderr, where the function's log is."""
    data = os.read(descriptor, 64 * 1024)
    stream = sys.stderr
    if data and stream is not None:
        stream.write(data.decode("utf-8", "replace"))
        stream.flush()
    return data


def _with_tail(what: str, tail: bytes) -> str:
    text = tail.decode("utf-8", "replace").strip()
    return (
        f"{what}; the end of its stderr:\n{text}"
        if text
        else f"{what} and wrote nothing to stderr."
    )
