"""Which process may act for the runtime: poll, answer, report, run hooks.

Only the one that was started, or the worker that it made. A child that a function forks inherits
this program in the middle of an invocation; however it ends, it must not go on as a second runtime.
"""

from posix import getpid, register_at_fork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def is_owner() -> bool:
    """Return whether this process may act for the runtime.

    By its id, not by a flag set at fork: extension modules fork without the interpreter's help.
    """
    return getpid() == _owner


def become_owner() -> None:
    """Act for the runtime from now on: for a worker, which is forked on purpose."""
    global _owner  # noqa: PLW0603  (one process, one owner)
    _owner = getpid()


def release_in_children(release: "Callable[[], None]") -> None:
    """Have each forked child call ``release``, to let go of what belongs to this process."""
    _releases.append(release)


def _release() -> None:
    while _releases:
        _releases.pop()()


_owner = getpid()
_releases: "list[Callable[[], None]]" = []
register_at_fork(after_in_child=_release)
