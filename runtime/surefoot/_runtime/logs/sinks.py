"""Where log records go: standard output, or the platform's telemetry channel."""

import posix
import sys
import time
from _thread import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Frame types of the telemetry channel: the last byte encodes text or JSON, and the level.
# Source: FramedTelemetryLogSink of AWS's client, and captures of its output.
TEXT_FRAMES = {0: 0x03, 10: 0x0B, 20: 0x0F, 30: 0x13, 40: 0x17, 50: 0x1B}
JSON_FRAMES = {0: 0x02, 10: 0x0A, 20: 0x0E, 30: 0x12, 40: 0x16, 50: 0x1A}
_FRAME_BASE = 0xA55A0000
_FRAMES = {
    (_FRAME_BASE | number).to_bytes(4, "big"): (level, json)
    for json, frames in ((False, TEXT_FRAMES), (True, JSON_FRAMES))
    for level, number in frames.items()
}

# In an error record, lines are joined by CR, so that CloudWatch keeps it one event, and indented by
# no-break spaces, which it does not strip.
_INDENT = "\u00a0"


class Sink:
    """Writes records to standard output."""

    def write(self, text: str, level: int = 0, json: bool = False) -> None:
        """Write one record, which brings its own line end."""
        _ = level, json
        stream = sys.stdout
        if stream is not None:
            stream.write(text)
            stream.flush()

    def write_record(self, text: str, level: int = 0, json: bool = False) -> None:
        """Write one record of ``logging``, and a line end where its formatter left none.

        A formatter appends a traceback after the line end of the format.
        """
        self.write(text if text.endswith("\n") else text + "\n", level, json)

    def write_error(self, lines: "Iterable[str]", json: bool = False) -> None:
        """Write an uncaught error as one record."""
        self.write("\r".join(lines) + "\n", 40, json)

    def log(self, msg: str, frame_type: bytes | None = None) -> None:
        """Write one record: AWS's name, for packages that have the sink from the log's handler."""
        level, json = _FRAMES.get(frame_type or b"", (0, False))
        self.write(msg, level, json)

    def log_error(self, message_lines: "Iterable[str]") -> None:
        """Write an error as one record: AWS's name."""
        self.write_error(message_lines)


class FramedSink(Sink):
    """Writes records as frames to the descriptor that Lambda names: type, length, time, text.

    Numbers are big-endian: type and length 4 bytes each, time in microseconds since the epoch 8.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._frames: list[bytes] = []
        self._lock = RLock()
        self._is_writing = False
        posix.register_at_fork(after_in_child=self._start_again)

    def write(self, text: str, level: int = 0, json: bool = False) -> None:
        """Write one record as one frame.

        A frame of more than 4 KiB (PIPE_BUF) is no single write to a pipe: other threads wait until
        it is complete. So does a signal handler's record in the same thread, which is written with
        the next one; and what an exception of a signal handler cut short is completed first.
        """
        message = text.encode("utf-8", "backslashreplace")
        frames = JSON_FRAMES if json else TEXT_FRAMES
        frame = b"".join(
            (
                (_FRAME_BASE | frames[level]).to_bytes(4, "big"),
                len(message).to_bytes(4, "big"),
                (time.time_ns() // 1000).to_bytes(8, "big"),
                message,
            )
        )
        self._frames.append(frame)
        with self._lock:
            if self._is_writing:
                return
            self._is_writing = True
            try:
                self._drain()
            finally:
                self._is_writing = False

    def write_record(self, text: str, level: int = 0, json: bool = False) -> None:
        """Write one record of ``logging`` as one frame: that has an end of its own."""
        self.write(text, level, json)

    def _drain(self) -> None:
        frames = self._frames
        while frames:
            while frames[0]:
                frames[0] = frames[0][posix.write(self.descriptor, frames[0]) :]
            del frames[0]

    def _start_again(self) -> None:
        # In a forked child: frames and lock are those of threads that it does not have.
        self._frames = []
        self._lock = RLock()
        self._is_writing = False

    def write_error(self, lines: "Iterable[str]", json: bool = False) -> None:
        """Write an uncaught error as one record."""
        self.write("\n".join(lines), 40, json)


def make_sink(descriptor: int | None) -> Sink:
    """Return the sink for Lambda's telemetry descriptor, or for standard output without one."""
    return Sink() if descriptor is None else FramedSink(descriptor)


def error_lines(kind: str, message: str, stack: "Iterable[str]") -> list[str]:
    """Return the lines of the text record for an uncaught error."""
    head = "[ERROR]" + (f" {kind}" if kind else "")
    if message:
        head += f": {message}" if kind else f" {message}"
    lines = [head, "Traceback (most recent call last):"]
    for entry in stack:
        for line in entry.splitlines() or [""]:
            bare = line.lstrip(" ")
            lines.append(_INDENT * (len(line) - len(bare)) + bare)
    return lines
