"""Hooks for the end, the snapshot and the restore, alone and with snapshot_restore_py."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from surefoot import after_restore, before_snapshot, lifecycle, on_shutdown
from surefoot._runtime.handlers import coroutine

Register = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_shutdown", "_before_snapshot", "_after_restore"):
        monkeypatch.setattr(lifecycle, name, [])


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package with the interface of snapshot_restore_py 1.0.0, as if it had been imported."""
    module = ModuleType("snapshot_restore_py")
    for which in ("before_snapshot", "after_restore"):
        hooks: list[Any] = []

        def register(func: Any, *args: Any, _hooks: list[Any] = hooks, **kwargs: Any) -> Any:
            _hooks.append((func, args, kwargs))
            return func

        setattr(module, f"register_{which}", register)
        setattr(module, f"get_{which}", lambda _hooks=hooks: _hooks)
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", module)
    return module


@pytest.fixture
def kept_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop that handlers run on, closed when the test is done with it."""
    loop = coroutine.event_loop()
    yield loop
    loop.close()
    asyncio.set_event_loop(None)


def test_shutdown_hooks_are_called_once_and_last_in_first_out(said: list[str]) -> None:
    calls: list[object] = []
    on_shutdown(calls.append, "first")
    on_shutdown(lambda *args, **kwargs: calls.append((args, kwargs)), 1, name="second")

    @on_shutdown
    def third() -> None:
        calls.append("third")

    lifecycle.run_shutdown(said.append)
    lifecycle.run_shutdown(said.append)
    third()
    assert calls == ["third", ((1,), {"name": "second"}), "first", "third"]
    assert said == []


@pytest.mark.parametrize("error", [ValueError("no\nway"), SystemExit(3), KeyboardInterrupt()])
def test_a_shutdown_hook_that_fails_is_logged_and_does_not_stop_the_others(
    said: list[str], error: BaseException
) -> None:
    calls: list[str] = []
    on_shutdown(calls.append, "other")

    @on_shutdown
    def failing() -> None:
        raise error

    lifecycle.run_shutdown(said.append)
    assert calls == ["other"]
    (message,) = said
    assert f"failing failed: {type(error).__name__}: {error}\n" in message
    assert "    raise error" in message
    assert not message.endswith("\n")


def test_a_hook_registered_during_the_shutdown_is_called(said: list[str]) -> None:
    calls: list[str] = []
    on_shutdown(lambda: on_shutdown(calls.append, "late"))
    lifecycle.run_shutdown(said.append)
    assert calls == ["late"]


def test_a_coroutine_function_is_awaited_on_the_loop_of_the_handlers(
    said: list[str], kept_loop: asyncio.AbstractEventLoop
) -> None:
    loops = []

    @on_shutdown
    async def close() -> None:
        loops.append(asyncio.get_running_loop())

    lifecycle.run_shutdown(said.append)
    assert (loops, said) == ([kept_loop], [])


def test_before_snapshot_hooks_run_last_in_first_out_and_once() -> None:
    calls: list[int] = []
    before_snapshot(calls.append, 1)
    before_snapshot(calls.append, 2)
    lifecycle.run_before_snapshot()
    lifecycle.run_before_snapshot()
    assert calls == [2, 1]


def test_after_restore_hooks_run_in_order_and_with_every_restore() -> None:
    calls: list[int] = []
    after_restore(calls.append, 1)
    after_restore(calls.append, 2)
    lifecycle.run_after_restore()
    lifecycle.run_after_restore()
    assert calls == [1, 2, 1, 2]


def test_hooks_of_both_packages_run_in_one_order(theirs: ModuleType) -> None:
    calls: list[str] = []
    for ours, other, run in [
        (before_snapshot, theirs.register_before_snapshot, lifecycle.run_before_snapshot),
        (after_restore, theirs.register_after_restore, lifecycle.run_after_restore),
    ]:
        for number, register in enumerate([ours, other, other, ours, ours, other]):
            register(calls.append, f"{register.__name__} {number}")
        run()
    assert calls == [
        "register 5",
        "before_snapshot 4",
        "before_snapshot 3",
        "register 2",
        "register 1",
        "before_snapshot 0",
        "after_restore 0",
        "register 1",
        "register 2",
        "after_restore 3",
        "after_restore 4",
        "register 5",
    ]


def test_hooks_that_register_hooks_see_them_run(theirs: ModuleType) -> None:
    calls: list[str] = []
    after_restore(lambda: theirs.register_after_restore(calls.append, "theirs"))
    theirs.register_after_restore(lambda: after_restore(calls.append, "ours"))
    lifecycle.run_after_restore()
    assert sorted(calls) == ["ours", "theirs"]


@pytest.mark.parametrize(
    ("register", "run"),
    [
        (before_snapshot, lifecycle.run_before_snapshot),
        (after_restore, lifecycle.run_after_restore),
    ],
)
def test_a_restore_hook_that_fails_stops_the_rest(register: Register, run: Register) -> None:
    calls: list[str] = []

    def failing() -> None:
        calls.append("failing")
        raise LookupError("gone")

    hooks = [lambda: calls.append("first"), failing, lambda: calls.append("last")]
    for hook in hooks if register is after_restore else reversed(hooks):
        register(hook)
    with pytest.raises(LookupError, match="gone"):
        run()
    assert calls == ["first", "failing"]


def test_nothing_imports_the_other_package(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules makes every attempt to import it raise.
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    before_snapshot(print, end="")
    after_restore(print, end="")
    lifecycle.run_before_snapshot()
    lifecycle.run_after_restore()


@pytest.mark.parametrize("register", [on_shutdown, before_snapshot, after_restore])
def test_what_cannot_be_called_is_refused_at_once(register: Register) -> None:
    with pytest.raises(TypeError, match=rf"{register.__name__}\(\) got None, .* pass the function"):
        register(None)
