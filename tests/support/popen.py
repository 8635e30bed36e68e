"""subprocess.Popen for tests: as a context it does not wait for ever when a test fails."""

from __future__ import annotations

import subprocess
from types import TracebackType
from typing import AnyStr

# For what a process does at SIGTERM. It only passes when a test has failed.
_SECONDS_TO_END = 10


class Popen(subprocess.Popen[AnyStr]):
    """A process that a failing test ends, where that of subprocess would be waited for.

    What it has written to stderr is shown then, if that is a pipe.
    """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.terminate()
            try:
                self.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                self.kill()
            if self.stderr is not None and not self.stderr.closed:
                print(self.stderr.read())
        super().__exit__(kind, error, trace)
