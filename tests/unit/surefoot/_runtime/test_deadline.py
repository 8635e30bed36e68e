"""Where the deadline guard may raise: while the user's code runs, and nowhere else.

The signals are real, and sent at the places in question; no time passes.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import signal
import sys
from collections.abc import Iterator
from types import FrameType, SimpleNamespace
from typing import cast

import pytest

from surefoot._payload.marshaller import Marshaller
from surefoot._runtime import deadline
from surefoot._runtime.deadline import DeadlineGuard
from surefoot._runtime.logs import Log
from surefoot._runtime.loop import Loop
from surefoot._runtime_api import transport
from surefoot._runtime_api.invocation import Invocation
from surefoot.errors import DeadlineExceeded
from tests.unit import fakes
from tests.unit.surefoot._runtime.test_loop import Source

FAR = {"lambda-runtime-deadline-ms": "4102444800000"}


@pytest.fixture
def guard(capfd: pytest.CaptureFixture[str]) -> Iterator[DeadlineGuard]:
    guard = DeadlineGuard(500, raises=True, log_to_operator=print, flush=lambda: None)
    yield guard
    guard.disarm()
    guard.release()
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def ring() -> None:
    """The deadline is near: what the timer would do."""
    signal.raise_signal(signal.SIGALRM)


class Peer(Source):
    """Rings while an answer is on its way."""

    def respond(self, invocation: Invocation, body: bytes, content_type: str) -> None:
        ring()
        super().respond(invocation, body, content_type)


class Bell(Marshaller):
    """Rings while a result is marshalled."""

    def dump(self, result: object) -> tuple[bytes, str]:
        ring()
        return super().dump(result)

    def load(self, body: bytes | bytearray, content_type: str | None) -> object:
        if body == b'"before"':
            ring()
        return super().load(body, content_type)


def serve(guard: DeadlineGuard, handler: object, source: Source, marshaller: Marshaller) -> Source:
    log = Log(fakes.config())
    loop = Loop(source, handler, marshaller, log.config, log, lambda _: None, guard)  # type: ignore[arg-type]
    for invocation in source.invocations:
        loop.serve(invocation)
    return source


def test_an_answer_that_is_ready_is_never_turned_into_an_error(guard: DeadlineGuard) -> None:
    source = Peer(*(fakes.invocation(b"1", FAR) for _ in range(3)))
    serve(guard, lambda event, _: event, source, Bell())
    assert source.answers == [(b"1", "application/json")] * 3
    assert source.reports == []


def test_a_deadline_that_passes_before_the_handler_is_called_is_its_error(
    guard: DeadlineGuard,
) -> None:
    called: list[object] = []
    source = Source(fakes.invocation(b'"before"', FAR), fakes.invocation(b"1", FAR))
    serve(guard, lambda event, _: called.append(event), source, Bell())
    assert [each.kind for each in source.reports] == ["DeadlineExceeded"]
    assert called == [1]


def test_the_handler_meets_it_where_it_is(guard: DeadlineGuard) -> None:
    seen: list[str] = []

    def handler(event: object, context: object) -> str:
        try:
            ring()
        except DeadlineExceeded as error:
            seen.append(str(error))
        return "as far as I got"

    source = serve(guard, handler, Source(fakes.invocation(headers=FAR)), Marshaller())
    assert seen == [f"request {fakes.REQUEST_ID} is about to time out"]
    assert source.answers == [(b'"as far as I got"', "application/json")]


def test_a_line_of_the_log_is_not_torn(
    guard: DeadlineGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alarm in the middle of our own code waits until that has returned."""
    again: list[float] = []

    def setitimer(_: int, seconds: float) -> tuple[float, float]:
        again.append(seconds)
        return 0, 0

    monkeypatch.setattr(deadline, "setitimer", setitimer)
    guard.arm("id", int(FAR["lambda-runtime-deadline-ms"]))
    guard.in_user_code = True
    source = "import signal\ndef write(): signal.raise_signal(signal.SIGALRM); return 'whole'"
    logs = {"__name__": "surefoot._runtime.logs.sinks"}
    exec(source, logs)  # noqa: S102  (a module of that name, for a frame of it)
    assert logs["write"]() == "whole"  # type: ignore[operator]
    assert again[1:] == [pytest.approx(0.001)]
    with pytest.raises(DeadlineExceeded):
        ring()


def test_between_two_values_of_a_stream_it_waits_for_the_next_step(guard: DeadlineGuard) -> None:
    guard.arm("id", int(FAR["lambda-runtime-deadline-ms"]))
    ended: list[str] = []

    def values() -> Iterator[int]:
        try:
            yield from range(3)
        finally:
            ended.append("closed")

    source = guard.watch(values())
    assert next(source) == 0
    ring()
    with pytest.raises(DeadlineExceeded):
        next(source)
    source.close()
    assert ended == ["closed"]


def test_the_clean_up_of_a_generator_is_not_interrupted(guard: DeadlineGuard) -> None:
    guard.arm("id", int(FAR["lambda-runtime-deadline-ms"]))
    ended: list[str] = []

    def values() -> Iterator[int]:
        try:
            yield 1
        finally:
            ring()
            ended.append("closed")

    source = guard.watch(values())
    next(source)
    source.close()
    assert ended == ["closed"]


def test_a_peer_that_does_not_read_is_given_up_at_the_second_ring_only(
    guard: DeadlineGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    import surefoot._runtime_api.transport

    guard.arm("id", int(FAR["lambda-runtime-deadline-ms"]))
    guard.watch(iter(()))
    monkeypatch.setattr(surefoot._runtime_api.transport, "send_rest", ring)
    surefoot._runtime_api.transport.send_rest()  # type: ignore[call-arg]
    with pytest.raises(DeadlineExceeded):
        surefoot._runtime_api.transport.send_rest()  # type: ignore[call-arg]


def test_an_alarm_that_comes_late_means_nothing(guard: DeadlineGuard) -> None:
    guard.arm("id", int(FAR["lambda-runtime-deadline-ms"]))
    guard.in_user_code = True
    guard.disarm()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    ring()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_timer_that_someone_else_set_is_left_alone(guard: DeadlineGuard) -> None:
    guard.arm("id", int(FAR["lambda-runtime-deadline-ms"]))
    _signal.setitimer(signal.ITIMER_REAL, 3000)
    guard.disarm()
    left, _ = _signal.setitimer(signal.ITIMER_REAL, 0)
    assert 2900 < left <= 3000


def test_a_handler_of_the_functions_own_is_never_replaced(guard: DeadlineGuard) -> None:
    def own(number: int, frame: FrameType | None) -> None: ...

    signal.signal(signal.SIGALRM, own)
    try:
        guard.arm("id", int(FAR["lambda-runtime-deadline-ms"]))
        assert signal.getsignal(signal.SIGALRM) is own
        guard.disarm()
        assert signal.getsignal(signal.SIGALRM) is own
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


@pytest.mark.parametrize("deadline_ms", [0, 1, -5])
def test_odd_deadlines_raise_nothing(guard: DeadlineGuard, deadline_ms: int) -> None:
    guard.arm("id", deadline_ms)
    guard.disarm()


def test_the_message_names_what_is_about_to_end(
    guard: DeadlineGuard, capfd: pytest.CaptureFixture[str]
) -> None:
    guard.arm_for_init(10)
    ring()
    out, err = capfd.readouterr()
    assert "the function has been loading for 9.5 s" in out
    assert "Lambda ends an init after 10 s" in out
    assert sys._getframe().f_code.co_name in err


class Clock:
    """Time that stands still, and the timers that are set in it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.timers: list[tuple[float, float]] = []
        self.left: tuple[float, float] = (0.0, 0.0)

    def time(self) -> float:
        return self.now

    def setitimer(self, which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
        assert which == signal.ITIMER_REAL
        self.timers.append((round(seconds, 6), interval))
        before, self.left = self.left, (seconds, interval)
        return before


class Watchdog:
    """faulthandler, of which nothing is written."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []

    def register(self, number: int, **options: object) -> None:
        assert number == signal.SIGALRM
        assert options == {"file": 2, "all_threads": True, "chain": True}
        self.calls.append(("register", 0))

    def unregister(self, number: int) -> bool:
        assert number == signal.SIGALRM
        self.calls.append(("unregister", 0))
        return True

    def dump_traceback_later(self, seconds: float, file: int) -> None:
        assert file == 2
        self.calls.append(("later", round(seconds, 6)))

    def cancel_dump_traceback_later(self) -> None:
        self.calls.append(("cancel", 0))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(deadline, "time", clock.time)
    monkeypatch.setattr(deadline, "setitimer", clock.setitimer)
    return clock


@pytest.fixture
def watchdog(monkeypatch: pytest.MonkeyPatch) -> Watchdog:
    watchdog = Watchdog()
    monkeypatch.setattr(deadline, "faulthandler", watchdog)
    return watchdog


@pytest.mark.parametrize(
    ("margin_ms", "left", "timers"),
    [
        (500, 60, [59.5]),
        (500, 6, [5.5]),
        # Never more than a tenth of the time.
        (500, 4, [3.6]),
        (500, 0.001, [0.0009]),
        (500, 0, []),
        (500, -1, []),
        (0, 60, []),
        (0, 0, []),
        (0, -1, []),
    ],
)
def test_the_guard_acts_a_margin_before_the_deadline(
    guard: DeadlineGuard, clock: Clock, margin_ms: float, left: float, timers: list[float]
) -> None:
    guard.margin_ms = margin_ms
    guard.arm("id", int((clock.now + left) * 1000))
    assert [seconds for seconds, _ in clock.timers] == [pytest.approx(each) for each in timers]


@pytest.mark.parametrize(
    ("margin_ms", "limit", "timers"),
    [(500, 10, [9.5]), (5000, 10, [9.0]), (5000, 130, [125.0]), (0, 10, []), (-1, 10, [])],
)
def test_the_guard_acts_a_margin_before_the_end_of_an_init(
    guard: DeadlineGuard, clock: Clock, margin_ms: float, limit: float, timers: list[float]
) -> None:
    guard.margin_ms = margin_ms
    guard.arm_for_init(limit)
    assert [seconds for seconds, _ in clock.timers] == timers
    assert bool(guard._loading) == bool(timers)


def test_inits_take_10_s_and_where_lambda_waits_longer_130_s() -> None:
    assert (deadline.INIT_SECONDS, deadline.LONG_INIT_SECONDS) == (10.0, 130.0)


def far(clock: Clock, seconds: float = 100) -> int:
    """A deadline so many seconds ahead, in milliseconds."""
    return int((clock.now + seconds) * 1000)


@pytest.mark.parametrize(
    ("left", "timers"),
    [
        # Its own.
        ((39.5, 0.0), [(0, 0)]),
        ((39.54, 0.0), [(0, 0)]),
        ((39.46, 0.0), [(0, 0)]),
        ((0.0, 0.0), [(0, 0)]),
        # Someone else's.
        ((39.56, 0.0), [(0, 0), (39.56, 0.0)]),
        ((39.44, 0.0), [(0, 0), (39.44, 0.0)]),
        ((39.5, 1.0), [(0, 0), (39.5, 1.0)]),
    ],
)
def test_a_timer_that_differs_from_the_guards_own_is_given_back(
    guard: DeadlineGuard, clock: Clock, left: tuple[float, float], timers: list[tuple[float, float]]
) -> None:
    guard.arm("id", far(clock))
    clock.now += 60
    clock.left = left
    del clock.timers[:]
    guard.disarm()
    assert clock.timers == timers
    guard.disarm()
    assert clock.timers == timers


@pytest.mark.parametrize("interval", [0.0, 3.0])
def test_an_alarm_of_the_functions_without_a_handler_leaves_the_watch_to_a_thread(
    guard: DeadlineGuard, clock: Clock, watchdog: Watchdog, interval: float
) -> None:
    clock.left = (20.0, interval)
    guard.arm("id", far(clock))
    assert clock.timers == [(99.5, 0.0), (20.0, interval)]
    assert watchdog.calls[-1] == ("later", 99.5)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    guard.disarm()
    assert (watchdog.calls[-1], clock.left) == (("cancel", 0), (20.0, interval))
    del watchdog.calls[:]
    guard.disarm()
    assert watchdog.calls == []


def test_the_next_invocation_needs_no_new_handler(
    guard: DeadlineGuard, clock: Clock, watchdog: Watchdog
) -> None:
    for _ in range(3):
        clock.left = (0.0, 0.0)
        guard.arm("id", far(clock))
        clock.left = (0.0, 0.0)
        guard.disarm()
    assert watchdog.calls == [("unregister", 0), ("register", 0)]


def test_a_handler_of_the_functions_leaves_the_watch_to_a_thread(
    guard: DeadlineGuard, clock: Clock, watchdog: Watchdog
) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        guard.arm("id", far(clock))
        assert (clock.timers, watchdog.calls) == ([], [("later", 99.5)])
        guard.disarm()
        assert (clock.timers, watchdog.calls[1:]) == ([], [("cancel", 0)])
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_a_lent_alarm_is_as_it_was_before_and_the_watch_goes_on_for_what_is_left(
    guard: DeadlineGuard, clock: Clock
) -> None:
    guard.arm("id", far(clock))
    guard.lend()
    lent = signal.getsignal(signal.SIGALRM)
    assert (lent, clock.left) == (signal.SIG_DFL, (0, 0.0))
    clock.now += 10
    guard.take_back()
    assert guard.is_installed
    assert [round(each, 6) for each in clock.left] == [89.5, 0.0]
    assert not guard._foreign


def test_an_alarm_is_not_taken_back_when_nothing_is_watched_or_its_time_is_over(
    guard: DeadlineGuard, clock: Clock
) -> None:
    guard.lend()
    guard.take_back()
    assert not guard.is_installed
    guard.arm("id", far(clock))
    guard.lend()
    clock.now += 99.5
    guard.take_back()
    assert not guard.is_installed
    assert clock.left == (0, 0.0)


def test_another_threads_alarm_stops_the_timer_and_keeps_the_handler(
    guard: DeadlineGuard, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.arm("id", far(clock))
    monkeypatch.setattr(deadline, "get_ident", lambda: -1)
    guard.lend()
    assert (guard.is_installed, guard._foreign, clock.left) == (True, True, (0, 0.0))
    guard.take_back()
    assert clock.left == (0, 0.0)


def test_an_alarm_of_another_threads_ends_the_process_as_without_the_guard(
    guard: DeadlineGuard, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(deadline, "kill", lambda pid, number: killed.append((pid, number)))
    monkeypatch.setattr(deadline, "getpid", lambda: 12)
    guard.arm("id", far(clock))
    monkeypatch.setattr(deadline, "get_ident", lambda: -1)
    guard.lend()
    ring()
    assert killed == [(12, signal.SIGALRM)]
    assert not guard.is_installed


def test_a_forked_process_has_no_watch(guard: DeadlineGuard, clock: Clock) -> None:
    guard.arm("id", far(clock))
    guard.release()
    assert not guard.is_installed
    del clock.timers[:]
    guard.take_back()
    guard.disarm()
    assert clock.timers == []
    assert (guard._armed, guard._watching, guard._expires) == (False, False, 0.0)


def test_a_forked_process_keeps_a_handler_of_the_functions(guard: DeadlineGuard) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        guard.release()
        assert signal.getsignal(signal.SIGALRM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_what_has_passed_is_shown_once(
    clock: Clock, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    flushed: list[str] = []
    guard = DeadlineGuard(
        500, raises=False, log_to_operator=said.append, flush=lambda: flushed.append("flushed")
    )
    monkeypatch.setattr(deadline, "_coroutines", lambda: None)
    guard.arm("id", far(clock))
    ring()
    ring()
    (line,) = said
    assert line == (
        "request id is about to time out; the stacks above show where every thread was "
        "(innermost call first)."
    )
    assert flushed == ["flushed"]
    guard.disarm()
    guard.release()


def test_stacks_that_the_signal_did_not_write_are_written_then(
    clock: Clock, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumps: list[object] = []
    guard = DeadlineGuard(500, raises=False, log_to_operator=lambda _: None, flush=lambda: None)
    guard.arm("id", far(clock))
    monkeypatch.setattr(watchdog, "unregister", lambda _: False)
    monkeypatch.setattr(
        watchdog, "dump_traceback", lambda **options: dumps.append(options), raising=False
    )
    ring()
    assert dumps == [{"file": 2, "all_threads": True}]
    guard.disarm()
    guard.release()


class Tasks:
    """The module that runs coroutine handlers, with one task or none."""

    def __init__(self, takes: bool) -> None:
        self.takes = takes
        self.messages: list[str] = []

    def pending(self) -> list[str]:
        return ["Task-1: here"]

    def expire(self, message: str) -> bool:
        self.messages.append(message)
        return self.takes


@pytest.mark.parametrize("takes", [True, False])
def test_a_coroutine_is_cancelled_where_it_waits_and_what_runs_besides_meets_the_exception(
    clock: Clock, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch, takes: bool
) -> None:
    said: list[str] = []
    tasks = Tasks(takes)
    monkeypatch.setattr(deadline, "_coroutines", lambda: tasks)
    guard = DeadlineGuard(500, raises=True, log_to_operator=said.append, flush=lambda: None)
    guard.arm("id", far(clock))
    guard.in_user_code = True
    if takes:
        ring()
    else:
        with pytest.raises(DeadlineExceeded):
            ring()
    assert tasks.messages == ["request id is about to time out"]
    assert said[1:] == ["unfinished asyncio task: Task-1: here"]
    guard.disarm()
    guard.release()


def test_while_the_function_loads_nothing_is_raised(guard: DeadlineGuard, clock: Clock) -> None:
    guard.arm_for_init(10)
    guard.in_user_code = True
    ring()
    assert not guard.expired
    guard.disarm()
    guard.arm("id", far(clock))
    guard.in_user_code = True
    with pytest.raises(DeadlineExceeded, match="request id"):
        ring()


def test_while_a_piece_is_sent_it_looks_again_at_a_quarter_of_the_margin_and_then_often(
    guard: DeadlineGuard, clock: Clock
) -> None:
    guard.arm("id", far(clock))
    guard.watch(iter(()))
    del clock.timers[:]
    ring()
    ring()
    assert [seconds for seconds, _ in clock.timers] == [0.125, 0.001]
    assert guard.expired
    assert guard._expires == clock.now + 0.001


def test_between_the_call_and_the_answer_it_only_notes_that_time_is_over(
    guard: DeadlineGuard, clock: Clock
) -> None:
    guard.arm("id", far(clock))
    del clock.timers[:]
    ring()
    assert (guard.expired, clock.timers) == (True, [])
    guard.disarm()
    assert not guard.expired


def test_a_stream_that_is_over_is_no_business_of_the_next_invocation(
    guard: DeadlineGuard, clock: Clock
) -> None:
    guard.arm("one", far(clock))
    guard.watch(iter(()))
    guard.disarm()
    guard.arm("two", far(clock))
    del clock.timers[:]
    ring()
    assert (guard.expired, clock.timers) == (True, [])


def test_a_source_without_a_close_needs_none(guard: DeadlineGuard) -> None:
    source = guard.watch(iter([1]))
    assert list(source) == [1]
    source.close()
    assert not guard.in_user_code


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("surefoot._runtime.loop", True),
        ("surefoot._runtime.deadline", True),
        ("surefoot._runtime.context", True),
        ("surefoot._runtime.logs", True),
        ("surefoot._runtime.logs.sinks", True),
        ("surefoot._runtime.logsx", False),
        ("app", False),
        (None, False),
    ],
)
def test_an_exception_never_meets_code_of_the_runtime(name: str | None, ours: bool) -> None:
    frame = None if name is None else SimpleNamespace(f_globals={"__name__": name})
    assert deadline._is_ours(cast("FrameType", frame)) == ours


def test_only_a_frame_of_the_loaded_transport_is_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = cast("FrameType", SimpleNamespace(f_code=transport.send_rest.__code__))
    other = cast("FrameType", SimpleNamespace(f_code=transport.receive.__code__))
    seen = [deadline._is_sending(each) for each in (frame, other, None)]
    monkeypatch.delitem(sys.modules, transport.__name__)
    assert [*seen, deadline._is_sending(frame)] == [True, False, False, False]


def test_a_step_of_a_stream_is_the_users_code_and_what_is_between_is_not(
    guard: DeadlineGuard,
) -> None:
    seen: list[bool] = []

    def values() -> Iterator[int]:
        for number in range(2):
            seen.append(guard.in_user_code)
            yield number

    seen.extend(guard.in_user_code for _ in guard.watch(values()))
    assert seen == [True, False, True, False]


def test_a_handler_that_the_function_set_since_is_not_given_the_guards_timer(
    guard: DeadlineGuard, clock: Clock, watchdog: Watchdog
) -> None:
    guard.arm("one", far(clock))
    clock.left = (0.0, 0.0)
    guard.disarm()
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    del clock.timers[:]
    guard.arm("two", far(clock))
    assert (clock.timers, watchdog.calls[-1]) == ([], ("later", 99.5))
    guard.disarm()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_after_the_stacks_have_been_written_they_are_asked_for_again(
    guard: DeadlineGuard, clock: Clock, watchdog: Watchdog
) -> None:
    for name in ("one", "two"):
        clock.left = (0.0, 0.0)
        guard.arm(name, far(clock))
        assert watchdog.calls[-1] == ("register", 0)
        ring()
        assert watchdog.calls[-1] == ("unregister", 0)
        clock.left = (0.0, 0.0)
        guard.disarm()
