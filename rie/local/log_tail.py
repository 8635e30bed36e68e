"""The output of an emulator, line by line, while it runs."""

from __future__ import annotations

import os
import queue
import threading
from types import TracebackType

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
