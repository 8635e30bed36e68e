"""Hooks around the handler: each is started and ended, and none changes what is answered."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from surefoot._runtime import around, loop
from surefoot._runtime.around import RunningHooks, around_invocation

Steps = Generator[None, Any, None]


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the operator's log gets; no hook is registered before or after a test."""
    logged: list[str] = []
    monkeypatch.setattr(around, "_hooks", [])
    monkeypatch.setattr(around, "log_to_operator", logged.append)
    monkeypatch.setattr(loop, "around", None)
    return logged


def run(result: object = "result", error: BaseException | None = None) -> None:
    hooks = RunningHooks("event", None)  # type: ignore[arg-type]  # no hook here looks at it
    hooks.finish(result, error)


def test_hooks_nest_and_get_event_and_result(lines: list[str]) -> None:
    seen: list[object] = []

    @around_invocation
    def outer(event: object, context: object) -> Steps:
        seen.append(("outer", event, context))
        seen.append(("outer ends", (yield)))

    @around_invocation
    def inner(_: object, __: object) -> Steps:
        seen.append("inner")
        seen.append(("inner ends", (yield)))

    run()
    begun = [("outer", "event", None), "inner"]
    assert seen == [*begun, ("inner ends", "result"), ("outer ends", "result")]
    assert not lines
    assert loop.around is around


def test_an_error_of_the_handler_is_raised_at_the_yield_and_keeps_its_trace(
    lines: list[str],
) -> None:
    seen: list[str] = []

    @around_invocation
    def catches(_: object, __: object) -> Steps:
        try:
            yield
        except KeyError as error:
            seen.append(repr(error))

    @around_invocation
    def lets_pass(_: object, __: object) -> Steps:
        yield

    @around_invocation
    def stops(_: object, __: object) -> Steps:
        try:
            yield
        finally:
            seen.append("clean")

    error = KeyError("k")
    trace = error.__traceback__
    run(None, error)
    assert seen == ["clean", "KeyError('k')"]
    assert error.__traceback__ is trace
    assert not lines


def test_a_stop_iteration_of_the_handler_is_none_of_the_hook(lines: list[str]) -> None:
    @around_invocation
    def lets_pass(_: object, __: object) -> Steps:
        yield

    run(None, StopIteration("s"))
    assert not lines


@pytest.mark.parametrize("error", [None, ValueError("v")])
def test_a_hook_that_fails_is_logged_and_the_others_go_on(
    lines: list[str], error: ValueError | None
) -> None:
    seen: list[str] = []

    def fails_at_once(event: object, _: object) -> Steps:
        if event == "event":
            raise RuntimeError("at once")
        yield

    def fails_later(_: object, __: object) -> Steps:
        try:
            yield
        finally:
            raise OSError("later")

    def never_yields(event: object, _: object) -> Steps:
        if event is None:
            yield

    def yields_twice(_: object, __: object) -> Steps:
        try:
            yield
        except ValueError:
            seen.append("caught")
        try:
            yield
        finally:
            seen.append("closed")

    for hook in (fails_at_once, fails_later, never_yields, yields_twice):
        around_invocation(hook)
    run(None, error)
    prefix = "test_a_hook_that_fails_is_logged_and_the_others_go_on.<locals>."
    first, second, third, last = lines
    assert first.startswith(f"the hook {prefix}fails_at_once failed: RuntimeError: at once\n")
    assert 'in fails_at_once\n    raise RuntimeError("at once")' in first
    assert second == f"the hook {prefix}never_yields ended before its yield."
    assert third == f"the hook {prefix}yields_twice yields twice; the rest is left out."
    assert last.startswith(f"the hook {prefix}fails_later failed: OSError: later\n")
    assert seen == (["caught"] if error else []) + ["closed"]


def test_in_a_child_process_a_failing_hook_ends_it(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @around_invocation
    def forks(event: object, _: object) -> Steps:
        monkeypatch.setattr(around, "is_owner", lambda: False)
        if event == "event":
            raise RuntimeError("in the child")
        yield

    with pytest.raises(RuntimeError, match="in the child"):
        run()
    assert not lines


@pytest.mark.parametrize("hook", [None, 1, len, run])
def test_only_a_generator_function_is_a_hook(hook: Any) -> None:
    with pytest.raises(TypeError, match="is not a generator function; write it with def"):
        around_invocation(hook)
    assert loop.around is None
