"""The concurrent loop's decisions, without a thread and without waiting."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import pytest

from surefoot._payload.marshaller import Marshaller
from surefoot._process import child_exit
from surefoot._runtime.concurrency import event_loop
from surefoot._runtime.concurrency.event_loop import ConcurrentLoop
from surefoot._runtime.concurrency.places import Places
from surefoot._runtime.handlers import coroutine
from surefoot._runtime_api.client import Client
from surefoot._runtime_api.error_report import Report
from surefoot._runtime_api.invocation import Invocation
from surefoot._runtime_api.streaming import Stream
from surefoot.errors import ContainerError, DeadlineExceeded, Fault, RemoteProtocolError
from tests.unit import fakes


async def nothing(event: object, context: object) -> None: ...


async def values(event: object, context: object) -> AsyncIterator[int]:
    yield 1


class Served:
    async def __call__(self, event: object, context: object) -> None: ...


class Plain:
    def __call__(self, event: object, context: object) -> None: ...


class Asking(Places):
    """Refuses as often as its list has errors; keeps the pauses."""

    def __init__(self, errors: list[BaseException], others: bool) -> None:
        super().__init__(1)
        self.errors = errors
        self.others = others
        self.pauses: list[float] = []
        self.asked = 0
        self.deadline = "5"

    def ask(self, *_: object) -> Invocation:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return fakes.invocation(headers={"lambda-runtime-deadline-ms": self.deadline})

    def any_other_served(self, _: int) -> bool:
        return self.others

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(event_loop, "log_to_operator", lines.append)
    return lines


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    monkeypatch.setattr(event_loop, "event_loop", lambda: loop)
    yield loop
    loop.close()


Make = Callable[..., ConcurrentLoop]


@pytest.fixture
def make(loop: asyncio.AbstractEventLoop) -> Make:
    def make(function: Callable[[Any, Any], Any] = nothing, **environ: str) -> ConcurrentLoop:
        log = fakes.log(**environ)
        return ConcurrentLoop([client()], function, Marshaller(), log.config, log)

    return make


class Kept(Client):
    """Keeps what it is to send."""

    def __init__(self) -> None:
        super().__init__(fakes.ListConnection([]), Marshaller(), pytest.fail)
        self.sent: list[object] = []

    def respond(self, _: Invocation, body: bytes, content_type: str) -> None:
        self.sent.append((body, content_type))

    def fail(self, _: Invocation, report: Report) -> None:
        self.sent.append(report.kind)

    def stream(self, _: Invocation, stream: Stream, __: Callable[..., Report]) -> None:
        self.sent.append(["streamed", *stream])


def client() -> Kept:
    return Kept()


@pytest.mark.parametrize("function", [nothing, values, Served()])
def test_coroutine_functions_and_asynchronous_generators_are_served(
    make: Make, function: Callable[[Any, Any], Any]
) -> None:
    make(function)


@pytest.mark.parametrize("function", [len, Plain(), lambda *_: None, functools.partial(print)])
def test_a_handler_that_is_no_coroutine_function_is_refused(
    make: Make, function: Callable[[Any, Any], Any]
) -> None:
    with pytest.raises(Fault, match=r"'app.handler' is no coroutine function; write it with"):
        make(function)


@pytest.mark.parametrize("error", [ContainerError("500"), RemoteProtocolError("no")])
def test_a_place_asks_five_times_with_longer_and_longer_pauses(
    make: Make, said: list[str], error: Exception
) -> None:
    serving = make()
    places = serving._places = Asking([error] * 5, others=False)
    with pytest.raises(type(error)):
        serving._next(0, client())
    assert (places.asked, places.pauses) == (5, [0.1, 0.2, 0.4, 0.8])
    assert said == [f"{error} Place 1 asks again."]


def test_the_fifth_question_may_be_answered(make: Make, said: list[str]) -> None:
    serving = make()
    places = serving._places = Asking([ContainerError("500")] * 4, others=False)
    assert serving._next(0, client()).deadline_ms == 5
    assert places.pauses == [0.1, 0.2, 0.4, 0.8]


def test_while_others_are_served_only_a_container_error_is_asked_about_for_ever(
    make: Make, said: list[str]
) -> None:
    serving = make()
    places = serving._places = Asking([ContainerError("500")] * 8, others=True)
    serving._next(0, client())
    assert places.pauses == [0.1, 0.2, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8]
    serving._places = Asking([RemoteProtocolError("no")] * 5, others=True)
    with pytest.raises(RemoteProtocolError):
        serving._next(0, client())


def test_what_a_place_cannot_deliver_is_said_and_the_place_goes_on(
    make: Make, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = make()
    troubles: list[BaseException] = [ContainerError("500."), KeyError("k"), KeyboardInterrupt()]
    monkeypatch.setattr(serving._places, "attach", lambda *_: None)
    monkeypatch.setattr(serving, "_next", lambda *_: fakes.invocation())

    def serve(*_: object) -> None:
        raise troubles.pop(0)

    # The last one is not about an invocation: it ends the place.
    monkeypatch.setattr(serving, "_serve", serve)
    calls: list[object] = []
    monkeypatch.setattr(serving._loop, "call_soon_threadsafe", calls.append)
    left: list[object] = []

    def leave(*seen: object) -> bool:
        left.append(seen)
        return len(left) > 1

    monkeypatch.setattr(serving._places, "leave", leave)
    serving._poll(0, client())
    assert said == [
        "500. Place 1 goes on.",
        f"request {fakes.REQUEST_ID} is not answered: KeyError('k'). Place 1 goes on.",
    ]
    ((place, reason),) = cast("list[tuple[int, object]]", left)
    assert (place, type(reason), calls) == (0, KeyboardInterrupt, [])
    troubles.append(KeyboardInterrupt())
    serving._poll(0, client())
    # The last place ends the loop.
    assert calls == [serving._stop]


@pytest.mark.parametrize(
    ("function", "sent"),
    [
        (lambda *_: {"a": 1}, (b'{"a": 1}', "application/json")),
        (lambda *_: 1 / 0, "ZeroDivisionError"),
        (lambda *_: object(), "Runtime.MarshalError"),
    ],
)
def test_each_invocation_has_one_answer(
    make: Make, function: Callable[[Any, Any], Any], sent: object
) -> None:
    serving = make()
    serving.function = function
    kept = client()
    serving._serve(kept, fakes.invocation())
    assert kept.sent == [sent]


def test_a_generator_is_streamed(make: Make) -> None:
    serving = make()
    serving.function = lambda *_: (each for each in ["one", "two"])
    kept = client()
    serving._serve(kept, fakes.invocation())
    assert kept.sent == [["streamed", b"one", b"two"]]


async def one_and_two(*_: object) -> AsyncIterator[str]:
    yield "one"
    await asyncio.sleep(0)
    yield "two"


async def a_generator(*_: object) -> AsyncIterator[str]:
    return one_and_two()


async def a_value(*_: object) -> int:
    await asyncio.sleep(0)
    return 7


async def broken(*_: object) -> AsyncIterator[str]:
    yield "one"
    raise KeyError("k")


class KeptUntilItFails(Kept):
    """Notes the failure of a stream after what had come before."""

    def stream(self, _: Invocation, stream: Stream, failed: Callable[..., Report]) -> None:
        pieces: list[object] = ["streamed"]
        self.sent.append(pieces)
        try:
            pieces.extend(stream)
        except KeyError as error:
            pieces.append(failed(error).kind)


@pytest.mark.parametrize(
    ("function", "sent"),
    [
        (one_and_two, ["streamed", b"one", b"two"]),
        (a_generator, ["streamed", b"one", b"two"]),
        (a_value, (b"7", "application/json")),
        (broken, ["streamed", b"one", "KeyError"]),
    ],
)
def test_what_a_coroutine_handler_returns_is_answered_from_its_loop(
    make: Make,
    loop: asyncio.AbstractEventLoop,
    function: Callable[[Any, Any], Any],
    sent: object,
) -> None:
    serving = make()
    serving.function = function
    kept = KeptUntilItFails()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        serving._serve(kept, fakes.invocation())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
    assert kept.sent == [sent]


def test_a_refusal_is_logged_at_once_and_a_deadline_taken_as_it_was_meant(
    make: Make, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    serving = make()
    places = serving._places = Asking([ContainerError("500.")], others=False)
    places.deadline = str(1_000_000_000 + 5 * 10**9)
    assert serving._next(0, client()).deadline_ms == 1_000_005_000
    assert said == ["500. Place 1 asks again."]


def timed(seconds: float, now: float) -> Invocation:
    """An invocation that ends so many seconds after `now`."""
    deadline = str(int((now + seconds) * 1000))
    return fakes.invocation(headers={"lambda-runtime-deadline-ms": deadline})


@pytest.mark.parametrize(
    ("margin_ms", "left", "delay"),
    [
        ("500", 60, 59.5),
        ("500", 4, 3.6),
        ("500", 0.005, 0.0045),
        ("0", 60, None),
        ("500", 0, None),
        ("500", -1, None),
    ],
)
def test_a_task_is_watched_until_a_margin_before_its_deadline(
    make: Make,
    loop: asyncio.AbstractEventLoop,
    monkeypatch: pytest.MonkeyPatch,
    margin_ms: str,
    left: float,
    delay: float | None,
) -> None:
    now = 1_000_000.0
    timers: list[float] = []
    monkeypatch.setattr(time, "time", lambda: now)
    serving = make(SUREFOOT_DEADLINE_MARGIN_MS=margin_ms)

    async def watch() -> event_loop._TaskDeadline:
        real = loop.call_later

        def call_later(after: float, act: Callable[[], None]) -> asyncio.TimerHandle:
            timers.append(after)
            return real(1000, act)

        monkeypatch.setattr(loop, "call_later", call_later)
        return event_loop._TaskDeadline(timed(left, now), serving.config)

    watching = loop.run_until_complete(watch())
    assert timers == ([] if delay is None else [pytest.approx(delay)])
    watching.end()
    assert watching._timer is None or watching._timer.cancelled()


@pytest.mark.parametrize("raises", [True, False])
def test_a_task_whose_time_is_over_is_shown_and_stopped_if_asked_to(
    make: Make, loop: asyncio.AbstractEventLoop, said: list[str], raises: bool
) -> None:
    serving = make(SUREFOOT_DEADLINE="raise" if raises else "log")
    serving.config.deadline_raises = raises

    async def handler() -> str:
        watch = watches[0]
        watch._act()
        await asyncio.sleep(0)
        return "done"

    watches: list[event_loop._TaskDeadline] = []
    real = event_loop._TaskDeadline

    def make_watch(*args: Any) -> event_loop._TaskDeadline:
        watches.append(real(*args))
        return watches[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_loop, "_TaskDeadline", make_watch)
        outcome = loop.run_until_complete(serving._outcome(fakes.invocation(), handler()))
    (line,) = said
    assert line.startswith(f"request {fakes.REQUEST_ID} is about to time out; its task waits here:")
    if raises:
        assert isinstance(outcome.error, DeadlineExceeded)
    else:
        assert outcome == "done"


def test_whatever_a_coroutine_raises_is_handed_over_and_ends_no_loop(
    make: Make, loop: asyncio.AbstractEventLoop
) -> None:
    async def leave(error: BaseException) -> None:
        raise error

    serving = make()
    for error in (SystemExit(1), KeyError("k"), KeyboardInterrupt(), asyncio.CancelledError()):
        outcome = loop.run_until_complete(serving._outcome(fakes.invocation(), leave(error)))
        with pytest.raises(type(error)):
            event_loop._result(outcome)
    assert event_loop._result("a value") == "a value"


def test_a_child_that_a_coroutine_forked_ends_the_loop_it_has(
    make: Make, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(BaseException):
        pass

    ends: list[BaseException | None] = []

    def end_child(error: BaseException | None) -> None:
        ends.append(error)
        raise Gone

    async def fail() -> None:
        raise ValueError("v")

    monkeypatch.setattr(coroutine, "is_owner", lambda: False)
    monkeypatch.setattr(child_exit, "end_child", end_child)
    serving = make()
    for work in (nothing(1, 2), fail()):
        with pytest.raises(Gone):
            loop.run_until_complete(serving._outcome(fakes.invocation(), work))
    assert [repr(end) for end in ends] == ["None", "ValueError('v')"]


def test_a_handler_cannot_stop_the_loop() -> None:
    with pytest.raises(RuntimeError, match="does not stop for one of them"):
        event_loop._refuse_to_stop()


def test_the_loop_goes_on_after_an_exit_in_a_task_that_nothing_awaits(
    make: Make, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = make()
    ends: list[BaseException] = [SystemExit(1), KeyboardInterrupt()]

    def run_forever() -> None:
        if ends:
            raise ends.pop(0)
        serving._is_over = True

    monkeypatch.setattr(serving._loop, "run_forever", run_forever)
    serving._run_loop()
    assert [line.partition(",")[0] for line in said] == [
        "a task raised SystemExit(1)",
        "a task raised KeyboardInterrupt()",
    ]
    serving._is_over = False
    monkeypatch.setattr(event_loop, "is_owner", lambda: False)
    ends.append(SystemExit(2))
    with pytest.raises(SystemExit):
        serving._run_loop()


@pytest.mark.parametrize("own", [True, False])
def test_a_signal_ends_the_places_unless_the_function_has_a_handler_for_it(
    make: Make, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    serving = make()
    added: list[object] = []
    kept: list[object] = []
    monkeypatch.setattr(serving._loop, "add_signal_handler", lambda *seen: added.append(seen))
    monkeypatch.setattr(event_loop, "_keep_from_children", lambda *seen: kept.append(seen))
    monkeypatch.setattr(signal, "getsignal", lambda _: print if own else signal.SIG_DFL)
    reason = ContainerError("end")
    serving._end_at(signal.SIGTERM, signal.SIG_DFL, reason)
    assert added == ([] if own else [(signal.SIGTERM, serving._places.end, reason)])
    assert kept == ([] if own else [(signal.SIGTERM, signal.SIG_DFL)])


def test_a_child_has_the_default_handler_and_no_wake_up_of_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hooks: dict[str, Callable[[], None]] = {}
    calls: list[object] = []
    monkeypatch.setattr(os, "register_at_fork", lambda **seen: hooks.update(seen))

    def pthread_sigmask(*seen: object) -> set[int]:
        calls.append(seen)
        return {signal.SIGHUP}

    monkeypatch.setattr(signal, "pthread_sigmask", pthread_sigmask)
    monkeypatch.setattr(signal, "set_wakeup_fd", calls.append)
    monkeypatch.setattr(signal, "signal", lambda *seen: calls.append(seen))
    event_loop._keep_from_children(signal.SIGTERM, signal.SIG_DFL)
    block = (signal.SIG_BLOCK, [signal.SIGTERM])
    restore = (signal.SIG_SETMASK, {signal.SIGHUP})
    hooks["before"]()
    hooks["after_in_parent"]()
    assert calls == [block, restore]
    del calls[:]
    hooks["before"]()
    hooks["after_in_child"]()
    assert calls == [block, -1, (signal.SIGTERM, signal.SIG_DFL), restore]


def test_each_place_has_a_thread_that_keeps_no_process_and_the_end_has_its_reason(
    make: Make, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = make()
    serving.clients = [client(), client()]
    polled: list[tuple[int, Client, bool]] = []
    signals: list[object] = []
    refusals: list[RuntimeError] = []

    def poll(place: int, client: Client) -> None:
        polled.append((place, client, threading.current_thread().daemon))
        if len(polled) == 2:
            loop.call_soon_threadsafe(end)

    def end() -> None:
        # What a handler may try.
        try:
            loop.stop()
        except RuntimeError as error:
            refusals.append(error)
        serving._stop()

    monkeypatch.setattr(serving, "_poll", poll)
    monkeypatch.setattr(serving, "_end_at", lambda *seen: signals.append(seen[0]))
    reason = serving._places.reason = ContainerError("end")
    with pytest.raises(ContainerError) as caught:
        serving.run()
    assert caught.value is reason
    assert len(refusals) == 1
    assert sorted(polled, key=lambda each: each[0]) == [
        (place, each, True) for place, each in enumerate(serving.clients)
    ]
    assert signals == [signal.SIGTERM, signal.SIGINT]
    # As it was.
    loop.stop()
