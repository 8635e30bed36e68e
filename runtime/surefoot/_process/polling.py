"""poll(2), and writing that never waits for long.

Loaded with the start: what needs it later (a large answer, a line for the operator) must not depend
on a free descriptor, on ``sys.path`` or on the function having no ``select.py`` of its own.
"""

import posix
import sys
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    import select
else:
    _path, _before = sys.path, sys.modules.get("select")
    _library = "/{}/python{}.{}".format(sys.platlibdir, *sys.version_info[:2])
    # ``python -m`` would look into the function's directory first.
    sys.path = [
        each
        for each in _path
        if each.startswith((sys.base_prefix + _library, sys.base_exec_prefix + _library))
    ]
    try:
        import select
    finally:
        sys.path = _path
    if _before is None and "select" not in sys.builtin_module_names:
        # A function's module of that name is found when the function imports it, as without us.
        del sys.modules["select"]

poll = select.poll
POLLIN = select.POLLIN
POLLOUT = select.POLLOUT
# Never readable or writable again: the other end is closed, or there is no such descriptor.
BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL

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


def is_writable(descriptor: int) -> bool:
    """Return whether writing to a descriptor would not have to wait (it may fail)."""
    waiting = poll()
    waiting.register(descriptor, POLLOUT)
    return bool(waiting.poll(0))
