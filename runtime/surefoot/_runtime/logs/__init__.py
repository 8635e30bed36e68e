"""The function's log: what every record carries, and where it goes.

This module is all that a cold start pays. ``logging`` itself is set up at the moment the function
first imports it (hook), and sinks and formatters are loaded with it or with the first error.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import ContextVar

    from ..config import Config
    from .sinks import Sink


class Log:
    """The state that log records share: the current invocation, the sink, the settings."""

    __slots__ = ("config", "request_id", "_sink", "_task", "tenant_id")

    def __init__(self, config: "Config") -> None:
        self.config = config
        self.request_id: str | None = None
        self.tenant_id: str | None = None
        self._sink: Sink | None = None
        self._task: ContextVar[tuple[str, str | None]] | None = None

    def use_task_context(self) -> None:
        """From now on each asyncio task has its own invocation: see set_invocation()."""
        from contextvars import ContextVar

        self._task = ContextVar("surefoot_invocation", default=("", None))

    def set_invocation(self, request_id: str, tenant_id: str | None) -> None:
        """The current task, and those that it starts, work for this invocation."""
        if self._task is not None:
            self._task.set((request_id, tenant_id))

    @property
    def invocation(self) -> "tuple[str, str | None]":
        """The request id (empty during init) and the tenant id that a record made now carries."""
        if self._task is not None:
            return self._task.get()
        return self.request_id or "", self.tenant_id

    @property
    def sink(self) -> "Sink":
        """Where records go; made when the first one does."""
        if self._sink is None:
            from .sinks import make_sink

            self._sink = make_sink(self.config.telemetry_fd)
        return self._sink

    def flush(self) -> None:
        """Let out what streams of the function's own keep back (see streams for the usual ones)."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: S112  (closed, or an object that can do anything)
                continue

    def write(self, text: str) -> None:
        """Write text to the log as it is."""
        self.sink.write(text)
