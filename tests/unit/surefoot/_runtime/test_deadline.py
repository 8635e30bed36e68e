"""Where the deadline guard may raise: while the user's code runs, and nowhere else.

The signals are real, and sent at the places in question; no time passes.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import signal
import sys
from collections.abc import Iterator
from types import FrameType

import pytest

from surefoot._payload.marshaller import Marshaller
from surefoot._runtime import deadline
from surefoot._runtime.deadline import DeadlineGuard
from surefoot._runtime.logs import Log
from surefoot._runtime.loop import Loop
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
