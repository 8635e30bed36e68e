"""What happens in the emulator: printed as a log, kept as a history, sent to who follows it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from rie.emulator.environment import Environment
from rie.emulator.invocation import Failure, Invocation

_HISTORY = 500  # finished invocations
_SHOWN_BYTES = 256 * 1024  # of an event, an answer and a log in the history
_QUEUED = 10_000  # of a follower that does not read

Record = dict[str, Any]


class Journal:
    """An observer of environments and invocations. `write_line` prints a line of the log."""

    def __init__(self, write_line: Callable[[bytes], None]) -> None:
        self._write_line = write_line
        self._followers: set[asyncio.Queue[Record | None]] = set()
        self._invocations: deque[Record] = deque(maxlen=_HISTORY)
        self._environments: dict[str, Record] = {}

    def log_line(self, environment: Environment, line: bytes) -> None:
        """Print a line and send it to followers."""
        self._write_line(line)
        if not self._followers:
            return
        request_id = environment.invocation.request_id if environment.invocation else ""
        text = line.decode(errors="replace")
        self._publish("log", {"environment": environment.id, "id": request_id, "line": text})

    def environment_changed(self, environment: Environment) -> None:
        """Record the state of an environment."""
        record = self._environments.setdefault(
            environment.id,
            {"id": environment.id, "function": environment.settings.name, "spans": []},
        )
        record.update(state=environment.state.value, pid=environment.pid)
        span = [round(time.time(), 3), environment.state.value]
        record["spans"] = [*record["spans"][-200:], span]
        self._publish("environment", {**record, "spans": [span]})

    def invocation_started(self, function: str, invocation: Invocation) -> None:
        """Record that an invocation was accepted."""
        self._publish("invocation", describe_invocation(function, invocation))

    def invocation_finished(self, function: str, invocation: Invocation, body: bytes) -> None:
        """Record how an invocation ended."""
        record = describe_invocation(function, invocation)
        failure, report = invocation.answer.failure, invocation.report
        record.update(
            answer=_shorten(body),
            status="succeeded"
            if failure is None
            else "timed out"
            if failure.timed_out
            else "failed",
            error=None if failure is None else failure.error_type,
            error_body=None if failure is None else _shorten(failure.body),
            log=_shorten(b"\n".join(invocation.log)),
            duration_ms=None if report is None else round(report.duration_ms, 2),
            init_ms=None if report is None or report.init_ms is None else round(report.init_ms, 2),
            used_mb=None if report is None else report.used_mb,
        )
        self._invocations.append(record)
        self._publish("invocation", record)

    def queue_changed(self, function: str, events: list[Record]) -> None:
        """Send what waits in the asynchronous queue of a function."""
        self._publish("queue", {"function": function, "events": events})

    def schedules_changed(self) -> None:
        """Say that the schedules are known."""
        self._publish("schedules", {})

    def describe(self) -> Record:
        """The history so far."""
        return {
            "invocations": list(self._invocations),
            "environments": list(self._environments.values()),
        }

    @contextlib.contextmanager
    def follow(self) -> Iterator[asyncio.Queue[Record | None]]:
        """A queue of all that happens from now on; None is the end."""
        queue: asyncio.Queue[Record | None] = asyncio.Queue(_QUEUED)
        self._followers.add(queue)
        try:
            yield queue
        finally:
            self._followers.discard(queue)

    def close(self) -> None:
        """Let all followers go."""
        for queue in self._followers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    def _publish(self, kind: str, data: Record) -> None:
        for queue in self._followers:
            if not queue.full():
                queue.put_nowait({"kind": kind, **data})


def describe_invocation(function: str, invocation: Invocation) -> Record:
    """What is known about an invocation from its beginning."""
    return {
        "id": invocation.request_id,
        "function": function,
        "trigger": invocation.trigger,
        "created": round(invocation.created, 3),
        "environment": invocation.environment,
        "event": _shorten(invocation.event),
        "status": "running",
    }


def _name_status(failure: Failure | None) -> str:
    if failure is None:
        return "succeeded"
    return "timed out" if failure.timed_out else "failed"


def _shorten(data: bytes) -> str:
    text = data[:_SHOWN_BYTES].decode(errors="replace")
    return text if len(data) <= _SHOWN_BYTES else f"{text}… ({len(data):,} bytes)"
