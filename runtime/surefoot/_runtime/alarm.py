"""Shares SIGALRM and its timer between the deadline guard and the function.

Loaded when the function imports ``signal``. Code that uses the alarm through that module finds what
an idle process has: the default handler, and no timer. The guard steps aside for each call, and
goes on when the function has put back what it found, as time-out decorators do.
"""

from _signal import (  # type: ignore[import-not-found]
    ITIMER_REAL,
    SIG_DFL,
    SIGALRM,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from .deadline import DeadlineGuard


def share_alarm(guard: "DeadlineGuard", module: "ModuleType") -> None:
    """Have the functions of the ``signal`` module that touch the alarm borrow it from the guard."""
    for name, subject in _SUBJECTS.items():
        original = getattr(module, name)
        setattr(module, name, _borrowing(guard, original, subject))
    _hide_handler(guard, module)


# What a call must name first to be about the alarm; None: every call is.
_SUBJECTS = {
    "alarm": None,
    "getitimer": ITIMER_REAL,
    "setitimer": ITIMER_REAL,
    "signal": SIGALRM,
    "siginterrupt": SIGALRM,
}


def _borrowing(
    guard: "DeadlineGuard", original: "Callable[..., Any]", subject: "int | None"
) -> "Callable[..., Any]":
    def borrow(*args: "Any", **kwargs: "Any") -> "Any":
        if subject is not None and (args[0] if args else kwargs.get("signalnum")) != subject:
            return original(*args, **kwargs)
        guard.lend()
        try:
            return original(*args, **kwargs)
        finally:
            guard.take_back()

    return _named(borrow, original)


def _hide_handler(guard: "DeadlineGuard", module: "ModuleType") -> None:
    original = module.getsignal

    def getsignal(signalnum: int) -> "Any":
        if signalnum == SIGALRM and guard.is_installed:
            return module.Handlers(SIG_DFL)
        return original(signalnum)

    module.getsignal = _named(getsignal, original)  # type: ignore[attr-defined]


def _named(wrapper: "Callable[..., Any]", original: "Callable[..., Any]") -> "Callable[..., Any]":
    # Not functools, which signal does not need to load everywhere.
    wrapper.__name__ = original.__name__
    wrapper.__qualname__ = original.__qualname__
    wrapper.__doc__ = original.__doc__
    wrapper.__module__ = original.__module__
    wrapper.__wrapped__ = original  # type: ignore[attr-defined]
    return wrapper
