"""How the functions of the signal module borrow the alarm from the deadline guard."""

from __future__ import annotations

import signal
from types import ModuleType
from typing import Any, cast

import pytest

from surefoot._runtime.alarm import share_alarm
from surefoot._runtime.deadline import DeadlineGuard


class Lender:
    """A guard that records."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.is_installed = True

    def lend(self) -> None:
        self.calls.append("lend")

    def take_back(self) -> None:
        self.calls.append("take back")


@pytest.fixture
def lender() -> Lender:
    return Lender()


@pytest.fixture
def module(lender: Lender) -> Any:
    """A signal module whose functions record what they are given."""
    module = ModuleType("signal")

    def make(name: str) -> Any:
        def function(*args: object, **kwargs: object) -> str:
            lender.calls.append((args, kwargs))
            if args[-1:] == ("raise",):
                raise ValueError(name)
            return f"what {name} returns"

        function.__name__ = function.__qualname__ = name
        function.__doc__ = f"About {name}."
        function.__module__ = "_signal"
        return function

    for name in ("alarm", "getitimer", "setitimer", "signal", "siginterrupt", "getsignal"):
        setattr(module, name, make(name))
    module.Handlers = signal.Handlers  # type: ignore[attr-defined]
    share_alarm(cast("DeadlineGuard", lender), module)
    return module


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("alarm", (5,)),
        ("getitimer", (signal.ITIMER_REAL,)),
        ("setitimer", (signal.ITIMER_REAL, 1.5)),
        ("signal", (signal.SIGALRM, print)),
        ("siginterrupt", (signal.SIGALRM, True)),
    ],
)
def test_what_is_about_the_alarm_borrows_it(
    lender: Lender, module: Any, name: str, args: tuple[object, ...]
) -> None:
    assert getattr(module, name)(*args) == f"what {name} returns"
    assert lender.calls == ["lend", (args, {}), "take back"]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("getitimer", (signal.ITIMER_PROF,)),
        ("setitimer", (signal.ITIMER_VIRTUAL, 1.5)),
        ("signal", (signal.SIGTERM, print)),
        ("siginterrupt", (signal.SIGHUP, True)),
    ],
)
def test_what_is_about_another_signal_or_timer_leaves_the_guard_alone(
    lender: Lender, module: Any, name: str, args: tuple[object, ...]
) -> None:
    assert getattr(module, name)(*args) == f"what {name} returns"
    assert lender.calls == [(args, {})]


def test_a_signal_may_be_named_by_keyword(lender: Lender, module: Any) -> None:
    module.signal(signalnum=signal.SIGALRM, handler=print)
    module.signal(signalnum=signal.SIGTERM, handler=print)
    assert [each for each in lender.calls if isinstance(each, str)] == ["lend", "take back"]


def test_a_call_that_fails_gives_the_alarm_back(lender: Lender, module: Any) -> None:
    with pytest.raises(ValueError, match="signal"):
        module.signal(signal.SIGALRM, "raise")
    assert lender.calls[-1] == "take back"


def test_the_guards_own_handler_is_shown_as_the_default(lender: Lender, module: Any) -> None:
    assert module.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert module.getsignal(signal.SIGTERM) == "what getsignal returns"
    lender.is_installed = False
    assert module.getsignal(signal.SIGALRM) == "what getsignal returns"


def test_each_function_looks_like_what_it_wraps(module: Any) -> None:
    for name in ("alarm", "setitimer", "signal", "getsignal"):
        function = getattr(module, name)
        assert (function.__name__, function.__qualname__) == (name, name)
        assert (function.__doc__, function.__module__) == (f"About {name}.", "_signal")
        assert function.__wrapped__.__name__ == name
