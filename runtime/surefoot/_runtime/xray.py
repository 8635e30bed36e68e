"""The X-Ray trace id of the current invocation, where the X-Ray SDK looks for it."""

import posix
import sys


def set_trace_id(trace_id: str | None) -> None:
    """Set or remove _X_AMZN_TRACE_ID, where the X-Ray SDK looks for it, for this invocation."""
    # os.environ is a view of this dict. The process's own environment, which children inherit, is
    # brought up to date when one is started: the C library never frees a value that putenv()
    # replaces, and a new value with each invocation would be a leak.
    if trace_id is not None:
        posix.environ[_TRACE] = trace_id.encode("utf-8", "surrogateescape")
        if not _hooked:
            _hooked.append(True)
            sys.addaudithook(_before_child)
    else:
        posix.environ.pop(_TRACE, None)


def _before_child(event: str, _: object) -> None:
    if event in _CHILD_EVENTS:
        value = posix.environ.get(_TRACE)
        if value is None:
            posix.unsetenv(_TRACE)
        else:
            posix.putenv(_TRACE, value)


_TRACE = b"_X_AMZN_TRACE_ID"
_hooked: list[bool] = []
# Python's audit events (PEP 578) for the ways to start a process with the inherited environment.
_CHILD_EVENTS = frozenset(
    (
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "subprocess.Popen",
    )
)
