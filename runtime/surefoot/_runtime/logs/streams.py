"""Standard output and error, from which nothing that was printed is lost.

A process on Lambda may end at any moment without being asked: killed at its time-out or for its
memory, crashed, or left by ``os._exit()``. So what is written leaves at once, whether or not a line
is complete. That also keeps the order between this process and its children.
"""

import sys

# Not from io, which newer interpreters load only when it is asked for.
from _io import BufferedWriter, FileIO, TextIOWrapper

from ..._process.polling import POLLOUT, poll

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class UnbufferedWriter(BufferedWriter):
    """A binary stream that keeps nothing back.

    Python's own unbuffered stream is the file itself, whose write() may take a part of the data
    and drop the rest; this one goes on until everything is written.
    """

    def write(self, data: "Any") -> int:
        """Write all of ``data``; return its length in bytes."""
        accepted: int | None = None
        try:
            accepted = _write(self, data)
            _flush(self)
        except BlockingIOError as error:
            if accepted is None:
                accepted = error.characters_written
            self._wait_and_write(memoryview(data).cast("B")[accepted:])
            return memoryview(data).nbytes
        return accepted

    def _wait_and_write(self, rest: memoryview) -> None:
        """Write to a pipe that is full and, because a child process made it so, does not block."""
        writable = poll()
        writable.register(self.fileno(), POLLOUT)
        while True:
            writable.poll()
            try:
                _write(self, rest)
            except BlockingIOError as error:
                rest = rest[error.characters_written :]
                continue
            rest = rest[:0]
            try:
                _flush(self)
            except BlockingIOError:
                continue
            return


_write = BufferedWriter.write
_flush = BufferedWriter.flush


def replace_streams() -> None:
    """Make sys.stdout and sys.stderr unbuffered, and no character keep a text from being printed.

    A stream that is closed (None), or no longer the interpreter's own, is left as it is.
    """
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None or stream is not getattr(sys, f"__{name}__"):
            continue
        stream.flush()
        raw = FileIO(descriptor, "w", closefd=False)
        raw.name = stream.name
        unbuffered = TextIOWrapper(
            UnbufferedWriter(raw),
            stream.encoding,
            "backslashreplace",
            newline="\n",
            write_through=True,
        )
        unbuffered.mode = "w"  # type: ignore[misc]  # the interpreter sets it, too
        setattr(sys, name, unbuffered)
        setattr(sys, f"__{name}__", unbuffered)
