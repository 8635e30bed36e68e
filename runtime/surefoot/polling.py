"""poll(2), and writing that never waits for long.

Loaded with the start: what needs it later (a large answer, a line for the operator) must not depend
on a free descriptor, on ``sys.path`` or on the function having no ``select.py`` of its own.
"""

import sys

_known = sys.modules.get("select")
import select  # noqa: E402

poll = select.poll
POLLIN = select.POLLIN
POLLOUT = select.POLLOUT
# Neither readable nor writable for good: the other end is closed, or there is no such descriptor.
BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL

if _known is None and "select" not in sys.builtin_module_names:
    # A function's module of that name is found when the function imports it, as without us.
    del sys.modules["select"]

import posix  # noqa: E402
from time import monotonic  # noqa: E402

# A pipe that poll(2) calls writable takes this many bytes at once (PIPE_BUF, pipe(7)).
_PIECE = 4096


def write_within(descriptor: int, data: bytes, seconds: float) -> bool:
    """Write all of ``data`` if the reader takes it in time; return whether it did. Never raises.

    What has been written when the time is over stays written.
    """
    try:
        waiting = poll()
        waiting.register(descriptor, POLLOUT)
        ends = monotonic() + seconds
        while data:
            left = max(0, int((ends - monotonic()) * 1000))
            if not waiting.poll(left):
                return False
            data = data[posix.write(descriptor, data[:_PIECE]) :]
    except Exception:
        return False
    return True
