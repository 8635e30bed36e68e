"""The bench's hand on the scripted Runtime API: set the scene, wait for a mark, let it go on."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Collection, Sequence
from typing import Any

from rie.errors import UserError
from rie.paths import ROOT

PATIENCE = 120.0
"""Seconds without a word from the server after which a contender counts as stuck."""


class Api:
    """The server process, as a context manager; `address` is what AWS_LAMBDA_RUNTIME_API gets."""

    def __init__(self) -> None:
        self.address = ""

    def __enter__(self) -> Api:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.performance.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.address = f"127.0.0.1:{self.wait()['port']}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def move(self, processors: Collection[int]) -> None:
        """Let the server run on these processors only."""
        os.sched_setaffinity(self._process.pid, processors)

    def play(
        self,
        event: str,
        count: int,
        *,
        marks: Sequence[int] = (),
        hold: bool = True,
        parked: int = 0,
    ) -> None:
        """Begin a scenario; connections of the one before are dropped.

        `event` is handed out `count` times. After the answers numbered in `marks` the server
        reports and, with `hold`, keeps the client waiting until release(). Polls beyond `count`
        wait; once `parked` of them do, the server reports that, too.
        """
        scene = {"event": event, "count": count, "marks": list(marks), "hold": hold}
        self._say(json.dumps({**scene, "parked": parked}))
        self._expect("ready")

    def mark(self) -> dict[str, Any]:
        """Wait for the next mark: its answer's number, monotonic `ns`, and the `body` sent."""
        return self._expect("mark")

    def release(self) -> None:
        """Let the client that a mark holds go on."""
        self._say("{}")
        self._expect("released")

    def parked(self) -> None:
        """Wait until as many polls wait as the scenario says."""
        self._expect("parked")

    def wait(self) -> dict[str, Any]:
        """The server's next report. Raises UserError after PATIENCE seconds, or at its end."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            raise UserError("a contender fell silent", "read what it printed above")
        report: dict[str, Any] = json.loads(line)
        return report

    def _expect(self, what: str) -> dict[str, Any]:
        report = self.wait()
        if what not in report:
            raise UserError(f"expected {what} from the contender, got {report}", "read its reason")
        return report

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
