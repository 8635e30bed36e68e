"""How a child ends that a handler forked inside a coroutine. Imported with the first such child.

It cannot leave by an exception: CPython takes the running loop away from a forked child, and since
3.14 nothing that a task raises or returns comes out of the loop any more. The child would wait for
its own task without end, and its parent for the child.
"""

import atexit
import posix
import sys
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def end_child(error: BaseException | None) -> "NoReturn":
    """End this process as the interpreter does: exit functions, output, and the code of its end.

    :param error: what the coroutine raised; None if it returned
    """
    code = exit_code(error)
    atexit._run_exitfuncs()  # noqa: SLF001  (what the interpreter calls at its end)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: S112  (closed, or an object of the function's)
            continue
    posix._exit(code)  # noqa: SLF001  (public in spite of its name)


def exit_code(error: BaseException | None) -> int:
    """Return the exit status that the end of a program by this exception has; print the exception.

    Source: the Python documentation of sys.exit().
    """
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    if isinstance(error, KeyboardInterrupt):
        return 130
    traceback.print_exception(error)
    return 1
